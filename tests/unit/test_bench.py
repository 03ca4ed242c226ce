# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may reach a bench command, and how a command is run."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.bench import Bench, checked_app, checked_site
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


@pytest.fixture
def bench(tmp_path):
    """A folder that looks like a bench, whose command is a script."""
    for folder in ("sites", "apps"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sites" / "apps.txt").write_text("frappe\nerpnext\n")

    def with_command(script: str, timeout: int = 20) -> Bench:
        command = tmp_path / "bench"
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
        return Bench(str(tmp_path), str(command), timeout)

    return with_command


def is_running(pid: int) -> bool:
    """Whether the process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a b", "x;y", "-x.y", "Acme.example.com", "acme", "a..b", "x\n.y"]
)
def test_what_is_no_site_name_never_reaches_a_command(bench, name):
    with pytest.raises(TenantError, match="is not a site name"):
        bench("exit 0").new_site(name, [])


@given(st.text(max_size=40))
def test_a_checked_site_is_one_plain_path_component(name):
    try:
        site = checked_site(name)
    except TenantError:
        return
    assert os.path.basename(site) == site
    assert not site.startswith(("-", "."))
    assert set(site) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


@pytest.mark.parametrize("name", ["", "--force", "../x", "Erpnext", "x y", "x;y"])
def test_what_is_no_app_name_is_refused(name):
    with pytest.raises(TenantError, match="is not an app name"):
        checked_app(name)


def test_missing_apps_are_named_with_the_remedy(bench):
    with pytest.raises(TenantError, match="does not have the apps hrms, lms") as refusal:
        bench("exit 0").require_apps(["erpnext", "hrms", "lms"])
    assert refusal.value.remedy == "On the bench host: bench get-app hrms; bench get-app lms."


def test_a_folder_that_is_no_bench_is_told(tmp_path):
    with pytest.raises(TenantError, match="is not a bench"):
        Bench(str(tmp_path / "nowhere"))


def test_a_failing_command_is_told_with_its_last_line_and_output(bench):
    with pytest.raises(
        TenantError, match="'bench new-site a.example --force --no-setup-db' failed with exit code 3: no"
    ) as e:
        bench("echo first; echo no space left >&2; exit 3").new_site("a.example", [])
    assert e.value.details["output_tail"] == "first\n\nno space left"


def test_a_missing_command_is_told(bench, tmp_path):
    bench("exit 0")
    with pytest.raises(TenantError, match="/nowhere/bench cannot be run on this host: No such file"):
        Bench(str(tmp_path), "/nowhere/bench").new_site("a.example", [])


def test_a_command_has_no_terminal_and_no_input(bench, tmp_path):
    bench(f"if read line; then exit 9; fi; tty > {tmp_path}/tty; exit 0").new_site("a.example", [])
    assert (tmp_path / "tty").read_text() == "not a tty\n"


def test_a_command_that_takes_too_long_is_stopped_with_its_children(bench, tmp_path):
    # Killing bench alone would leave its mariadb client importing.
    slow = bench(f"(sleep 30; touch {tmp_path}/late) & echo $! > {tmp_path}/child; wait", timeout=1)
    with pytest.raises(TenantError, match="took longer than 1 s and was stopped with all its children"):
        slow.new_site("a.example", [])
    child = int((tmp_path / "child").read_text())
    end = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < end, "the child goes on"
        time.sleep(0.05)


def test_the_commands_are_remembered(bench):
    used = bench("exit 0")
    used.new_site("a.example", ["erpnext"])
    used.install_app("a.example", "erpnext")
    assert used.commands == [
        ["bench", "new-site", "a.example", "--force", "--no-setup-db", "--install-app=erpnext"],
        ["bench", "--site", "a.example", "install-app", "erpnext"],
    ]
