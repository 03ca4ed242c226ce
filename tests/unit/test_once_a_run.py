# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the workers of a run find only once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from ansible_collections.frappeops.tenants.plugins.plugin_utils import once_a_run as module
from ansible_collections.frappeops.tenants.plugins.plugin_utils.once_a_run import once_a_run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run's folder."""
    monkeypatch.setattr(module.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def test_of_many_at_once_one_asks() -> None:
    asked = []

    def find() -> str:
        asked.append(1)
        time.sleep(0.05)
        return "found"

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(once_a_run("key", find))) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, asked) == (["found"] * 5, [1])


def test_each_key_has_an_answer_of_its_own_and_is_not_shown(folder: Path) -> None:
    assert [once_a_run(key, lambda key=key: f"of {key}") for key in ("one", "secret")] == ["of one", "of secret"]
    assert not any("secret" in path.name for path in folder.iterdir())


def test_a_failure_is_not_kept() -> None:
    with pytest.raises(ZeroDivisionError):
        once_a_run("key", lambda: str(1 / 0))
    assert once_a_run("key", lambda: "found") == "found"
