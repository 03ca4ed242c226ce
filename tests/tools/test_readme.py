# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md is never stale, and its generator reads the files rightly."""

from __future__ import annotations

import pytest

import readme


def test_readme_is_fresh() -> None:
    current = readme.README.read_text(encoding="utf-8")
    assert readme.generated(current) == current, "README.md is stale: run make docs"


def test_readme_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="dependencies, modules, variables"):
        readme.generated("# nothing\n<!-- generated: modules -->\n<!-- end -->\n")


def test_every_requirement_is_locked_and_says_what_it_is_for() -> None:
    rows = [line.split(" | ") for line in readme.dependencies().splitlines()[2:]]
    assert any(row[0] == "| `ansible-core`" for row in rows)
    assert [row[0] for row in rows if not row[1].strip() or not row[3].strip(" |")] == []


def test_locked_files_name_no_registry() -> None:
    for name in readme.REQUIREMENT_FILES:
        locked = (readme.ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in locked, name
        assert " @ " not in locked, name


def test_markup_becomes_markdown() -> None:
    assert (
        readme.text(["Sets O(state=present) by M(a.b.c).", "Not V(no\\)ne)."])
        == "Sets `state=present` by `a.b.c`. Not `no)ne`."
    )
    assert readme.default({"default": []}) == "`[]`"
    assert readme.default({"default": ""}) == '`""`'
    assert readme.default({"default": "a"}) == "`a`"
    assert readme.default({"required": True}) == "required"
