# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lab's targets; the Makefile at the root includes this file.

LAB := PYTHONPATH=tests/lab .venv/bin/python -m lab

.PHONY: lab-up
lab-up: packages venv ## starts the lab on loopback, below .lab/
	@$(LAB) up

.PHONY: lab-second-bench
lab-second-bench: packages venv ## starts the lab with a second bench, for inventory/lab and two-benches.yml
	@$(LAB) second-bench

.PHONY: lab-status
lab-status: venv ## shows a line per part of the lab: up, or why not
	@$(LAB) status

.PHONY: lab-down
lab-down: venv ## stops every process of the lab
	@$(LAB) down

.PHONY: clean-lab
clean-lab: ## stops the lab and removes .lab/
	@test ! -d "$${LAB_DIR:-.lab}" || $(LAB) clean
