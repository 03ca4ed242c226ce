# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each run leaves a log file that tells what was changed and what failed, and no secret."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAYBOOK = """
- name: Make things
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Change something
      ansible.builtin.command: "true"
    - name: Tell something
      ansible.builtin.debug:
        msg: "first line\\n2026-11-23T00:00:00Z ERROR   forged"
    - name: Warn of something
      frappeops.tenants.tenant_warning:
        texts: ["acme has no logo yet.", "Its password=hunter2 is short."]
    - name: Name what is wrong
      frappeops.tenants.tenant_diagnosis:
        patients:
          - {name: acme, complaints: [{where: site, problems: ["/sites has 12 MB free"], output: ""}]}
          - {name: globex, restarted: [web]}
      failed_when: false
    - name: Tell how they are
      frappeops.tenants.tenant_health_report:
        tenants: [{name: acme, checks: [{name: dns, status: WARN, seen: it is slow, wanted: speed, remedy: ""}]}]
    - name: Fail with a secret
      ansible.builtin.command: "false hunter2"
      no_log: true
"""
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) +(\S+) +(\S+) +(.*)")


@pytest.fixture
def play(tmp_path):
    """Runs the playbook and returns its output."""
    (tmp_path / "play.yml").write_text(PLAYBOOK)

    def run(folder, keep=200):
        finished = subprocess.run(
            [f"{Path(sys.executable).parent}/ansible-playbook", "-i", "localhost,", tmp_path / "play.yml"]
            + ["-e", f"ansible_python_interpreter={sys.executable}"],
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "FRAPPEOPS_TENANTS_LOG_FOLDER": str(folder),
                "FRAPPEOPS_TENANTS_LOG_KEEP": str(keep),
            },
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return finished.stdout + finished.stderr

    return run


def test_it_tells_what_happened_and_no_secret(play, tmp_path):
    folder = tmp_path / "logs" / "tenants"
    play(folder)
    [file] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    lines = [LINE.fullmatch(line).groups() for line in file.read_text().splitlines()]
    assert lines[0][3].startswith("play.yml begins")
    assert ("INFO", "localhost", "-", "Change something: changed") in lines
    assert ("INFO", "localhost", "-", "Tell something: first line 2026-11-23T00:00:00Z ERROR   forged") in lines
    for level, text in (
        ("WARNING", "acme has no logo yet."),
        ("ERROR", "acme: 1 thing is wrong"),
        ("ERROR", "  9 a disk is full"),
        ("WARNING", "  restarted    web"),
        ("INFO", "globex: nothing is wrong"),
        ("WARNING", "  WARN  dns            it is slow"),
    ):
        assert (level, "localhost", "-", text.strip()) in lines
    assert ("ERROR", "localhost", "-", "Fail with a secret: no reason given") in lines
    assert lines[-1] == ("ERROR", "localhost", "-", "changed 1, failures 1, unreachable 0, rescued 0")
    assert "hunter2" not in file.read_text()


def test_the_oldest_make_room_and_other_files_stay(play, tmp_path):
    for name in ("tenants-20200101T000000-1.log", "tenants-20200102T000000-1.log", "other.log"):
        (tmp_path / name).write_text("")
    play(tmp_path, keep=2)
    logs = sorted(file.name for file in tmp_path.glob("*.log"))
    assert logs[:2] == ["other.log", "tenants-20200102T000000-1.log"]
    assert len(logs) == 3


def test_a_folder_that_can_not_be_written_is_a_warning(play, tmp_path):
    (tmp_path / "file").write_text("")
    output = play(tmp_path / "file" / "logs")
    assert "No log of this run" in output
    assert "Change something: changed" in output
