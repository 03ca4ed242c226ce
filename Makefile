# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every target says what it does in the comment behind its name: make help prints them.

SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PYTHON ?= python3
export PYTHON

# Taken as it was typed: neither make nor a shell may interpret it. It reaches the playbook through the environment.
TENANT ?= acme
override TENANT := $(value TENANT)
export TENANT

BENCH ?=
override BENCH := $(value BENCH)
export BENCH

# With it Python reads each module that Ansible pipes into it byte by byte: two million calls of the kernel a tenant.
unexport PYTHONUNBUFFERED
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
GATE := PYTHONPATH=tests/tools .venv/bin/python -m gate

.PHONY: help
help: ## prints this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: packages venv lab-up ## a live tenant from nothing: installs, starts the lab, provisions TENANT (acme)
	@.venv/bin/python tests/tools/demo.py

.PHONY: packages
packages: ## installs the Debian packages that are missing
	@tests/tools/packages.sh

.PHONY: venv
venv: ## makes .venv with the locked versions
	@tests/tools/venv.sh

.PHONY: test
test: ## runs every stage below and ends with the count of tests
	@tests/tools/packages.sh || [ -z "$$CI" ]
	@$(MAKE) venv
	@$(GATE) lint sanity unit lab integration acceptance

.PHONY: lint
lint: venv ## checks the style of playbooks, roles, YAML, Python, changelog and documentation
	@$(GATE) lint

.PHONY: sanity
sanity: venv ## runs ansible-test sanity on a copy, with no ignore file
	@$(GATE) sanity

.PHONY: unit
unit: venv ## runs the unit tests and the tests of the tools
	@$(GATE) unit

.PHONY: lab-test
lab-test: venv ## runs the tests of the lab's own parts
	@$(GATE) lab

.PHONY: integration
integration: venv ## runs the integration tests on the lab
	@$(GATE) integration

.PHONY: acceptance
acceptance: venv ## runs the contract tests on the lab's bench, or on the one that LAB_BENCH names
	@$(GATE) acceptance

.PHONY: molecule
molecule: venv ## proves the collection on whole hosts: containers with systemd and ssh, several machines, real faults
	@tests/tools/packages.sh molecule/packages.txt || [ -z "$$CI" ]
	@$(GATE) molecule

.PHONY: bench
bench: packages venv ## measures times and memory on the lab, all benchmarks or BENCH=topic (tests/bench)
	@PYTHONPATH=.collections:tests/integration:tests/lab:tests/tools .venv/bin/python tests/bench

.PHONY: build
build: venv ## builds the collection into dist/ and checks what is in it
	@.venv/bin/python tests/tools/build.py

.PHONY: docs
docs: venv ## writes the generated parts of README.md and docs
	@.venv/bin/python tests/tools/documents.py

.PHONY: format
format: venv ## formats the Python code
	@.venv/bin/ruff check --fix --quiet . && .venv/bin/ruff format --quiet .

.PHONY: lock
lock: venv ## locks requirements/*.in to exact versions
	@tests/tools/lock.sh && tests/tools/venv.sh

.PHONY: clean
clean: clean-lab ## stops the lab, removes .lab, the build results and the caches (not .venv)
	@rm -rf .cache .ansible dist tests/output .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.git/*' -prune -exec rm -rf {} +

include $(wildcard tests/lab/lab.mk)
