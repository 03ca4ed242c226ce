# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's folder, its secrets, and the packages it asks for."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.packages import check_packages, missing_packages
from lab.parts import PARTS, make_parts
from lab.passwords import SECRETS, make_secrets
from lab.settings import ROOT, Settings


def test_a_folder_too_deep_for_sockets_is_refused(tmp_path: Path) -> None:
    settings = Settings(lab_dir=tmp_path / ("x" * 120), ports={})
    with pytest.raises(LabError, match="too long a path"):
        settings.check_path_length()


def test_secrets_are_private_and_made_once(tmp_path: Path) -> None:
    settings = Settings(lab_dir=tmp_path, ports={})
    make_secrets(settings)
    first = {name: settings.secret(name) for name in SECRETS}
    make_secrets(settings)
    assert {name: settings.secret(name) for name in SECRETS} == first
    assert len(set(first.values())) == len(SECRETS)
    modes = {stat.S_IMODE(settings.secret_file(name).stat().st_mode) for name in SECRETS}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_the_environment_chooses_the_folder_and_the_bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path))
    monkeypatch.delenv("LAB_BENCH", raising=False)
    assert (Settings.load().bench, Settings.load().is_foreign_bench) == (tmp_path / "bench", False)
    monkeypatch.setenv("LAB_BENCH", "/opt/frappe-bench")
    assert (Settings.load().bench, Settings.load().is_foreign_bench) == (Path("/opt/frappe-bench"), True)


def test_a_missing_package_is_named_with_the_command() -> None:
    needs = [{"sh": "dash"}, {"no-such-server": "no-such-package"}]
    assert missing_packages(needs) == ["no-such-package"]
    with pytest.raises(LabError) as refused:
        check_packages(needs)
    assert "no-such-package" in refused.value.msg
    assert "apt-get install --no-install-recommends no-such-package" in refused.value.remedy


def test_every_package_that_a_part_names_is_in_the_list() -> None:
    text = (ROOT / "tests" / "lab" / "packages.txt").read_text(encoding="utf-8")
    listed = set(re.findall(r"^[a-z0-9.+-]+$", text, re.MULTILINE))
    assert {package for part in PARTS for package in part.needs.values()} <= listed


def test_the_environment_chooses_what_runs_on_a_test_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ports.yml").write_text("lab_ports: {dns: 53}\n")
    for name, value in (
        ("LAB_ADDRESS", "10.0.0.2"),
        ("LAB_PORTS", str(tmp_path / "ports.yml")),
        ("LAB_PARTS", "pebble,bind"),
        ("LAB_SECONDARY", "10.0.0.3"),
    ):
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert (settings.address, dict(settings.ports), settings.secondary) == ("10.0.0.2", {"dns": 53}, "10.0.0.3")
    assert [part.name for part in make_parts(settings)] == ["bind", "pebble"]


def test_a_part_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PARTS", "bind,postfix")
    with pytest.raises(LabError, match="postfix"):
        make_parts(Settings.load())
