# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents are never stale, and their generator reads the files rightly."""

from __future__ import annotations

import pytest

import documents


@pytest.mark.parametrize("path", documents.DOCUMENTS, ids=lambda path: path.name)
def test_no_document_is_stale(path) -> None:
    current = path.read_text(encoding="utf-8")
    assert documents.generated(current, documents.DOCUMENTS[path]) == current, f"{path.name} is stale: run make docs"


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="modules, variables"):
        documents.generated("# nothing\n<!-- generated: modules -->\n<!-- end -->\n", {"modules", "variables"})


def test_every_requirement_is_locked_and_says_what_it_is_for() -> None:
    rows = [line.split(" | ") for line in documents.dependencies().splitlines()[2:]]
    assert any(row[0] == "| `ansible-core`" for row in rows)
    assert [row[0] for row in rows if not row[1].strip() or not row[3].strip(" |")] == []


def test_locked_files_name_no_registry() -> None:
    for name in documents.REQUIREMENT_FILES:
        locked = (documents.ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in locked, name
        assert " @ " not in locked, name


def test_markup_becomes_markdown() -> None:
    assert (
        documents.text(["Sets O(state=present) by M(a.b.c).", "Not V(no\\)ne)."])
        == "Sets `state=present` by `a.b.c`. Not `no)ne`."
    )
    assert documents.default({"default": []}) == "`[]`"
    assert documents.default({"default": ""}) == '`""`'
    assert documents.default({"default": "a"}) == "`a`"
    assert documents.default({"required": True}) == "required"
