# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate counts real tests, and lets nothing pass in CI that did not run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gate import __main__ as gate
from gate import command, count, suites

JUNIT = """<testsuites><testsuite>
  <testcase classname="a" name="passes"/>
  <testcase classname="a" name="fails"><failure message="x"/></testcase>
  <testcase classname="a" name="breaks twice"><failure message="x"/></testcase>
  <testcase classname="a" name="breaks twice"><error message="teardown"/></testcase>
  <testcase classname="a" name="waits"><skipped message="needs a real bench"/></testcase>
  <testcase classname="a" name="misses"><skipped message="not installed: knotd"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A JUnit file with every outcome."""
    path = tmp_path / "report.xml"
    path.write_text(JUNIT, encoding="utf-8")
    return path


def test_counts_every_test_once(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert count.from_junit(report).line() == "1 passed, 2 failed, 2 skipped"


def test_a_missing_package_fails_in_ci(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    total = count.from_junit(report)
    assert total.line() == "1 passed, 3 failed, 1 skipped"
    assert any("misses" in note and "knotd" in note for note in total.notes)


@pytest.mark.parametrize(
    ("ci", "line"), [("true", "0 passed, 1 failed, 0 skipped"), ("", "0 passed, 0 failed, 1 skipped")]
)
def test_a_stage_that_cannot_run(monkeypatch: pytest.MonkeyPatch, ci: str, line: str) -> None:
    monkeypatch.setenv("CI", ci)
    assert suites.pytest("nothing", ["tests/no-such-folder"]).line() == line


def test_all_stages_run_and_the_last_line_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def breaks() -> count.Count:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(gate, "CACHE", tmp_path)
    monkeypatch.setattr(gate, "STAGES", {"one": breaks, "two": lambda: count.Count(passed=7, skipped=1)})
    assert gate.main(["one", "two"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 1 failed, 1 skipped"


def test_no_test_at_all_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(gate, "CACHE", tmp_path)
    monkeypatch.setattr(gate, "STAGES", {"none": count.Count})
    assert gate.main(["none"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"


def test_an_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(["lnit"]) == 2
    assert "lnit" in capsys.readouterr().err


def test_a_killed_gate_leaves_no_command_behind(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from gate import __main__ as gate, command
gate.CACHE = Path({str(tmp_path)!r})
gate.STAGES = {{"sleeps": lambda: command.run(["sh", "-c", "echo $$ >{tmp_path}/pid; exec sleep 600"])}}
gate.end_in_order()
sys.exit(gate.main(["sleeps"]))
"""
    env = os.environ | {"PYTHONPATH": str(Path(gate.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", program], env=env)
    pid_file = tmp_path / "pid"
    while not (pid_file.exists() and pid_file.read_text(encoding="utf-8").strip()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        # A killed process is there until its parent, or init after the gate has ended, takes note of it.
        for _try in range(600):
            os.killpg(int(pid_file.read_text(encoding="utf-8")), 0)
            time.sleep(0.05)


def test_a_suite_that_is_stopped_at_its_deadline_still_tells_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suites, "CACHE", tmp_path)
    tests = "import time\ndef test_fails(): assert 0\ndef test_hangs(): time.sleep(600)\n"
    (tmp_path / "test_hanging.py").write_text(tests, encoding="utf-8")
    notes = suites.pytest("hanging", [str(tmp_path)], timeout=10).notes
    assert any("test_fails" in note for note in notes)
    assert any("not finished after 10 s" in note for note in notes)


def test_when_the_gate_is_stopped_commands_of_all_threads_end_and_none_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "_closed", threading.Event())
    with ThreadPoolExecutor() as threads:
        sleeping = threads.submit(command.run, ["sleep", "60"])
        while not command._running:
            time.sleep(0.01)
        command.close()
        assert sleeping.result(timeout=30).returncode != 0
    assert command.run(["true"]).returncode == 143
