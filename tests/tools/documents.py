# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the generated parts of the documents: between `<!-- generated: NAME -->` and `<!-- end -->`.

The variables come from the roles' argument specs, the modules from their DOCUMENTATION, the dependencies from
requirements/*.in and the locked files beside them. `make docs` runs it; a test fails when a document is stale.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MARKER = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
# A requirement, what it is for behind a #.
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?(?P<range>[^#;]*)(;[^#]*)?#\s*(?P<purpose>.+)$")
# Semantic markup: O(x), V(x), RV(x), M(x) and so on.
MARKUP = re.compile(r"\b(?:[OVEPMCBI]|RV)\(((?:\\.|[^)\\])*)\)")
REQUIREMENT_FILES = {"runtime": "controller", "lab": "lab", "dev": "development"}


def dependencies() -> str:
    """A table of all direct requirements."""
    rows = []
    for kind, used_by in REQUIREMENT_FILES.items():
        locked = locked_versions(ROOT / "requirements" / f"{kind}.txt")
        for line in (ROOT / "requirements" / f"{kind}.in").read_text(encoding="utf-8").splitlines():
            if not line.strip() or line.startswith(("#", "-")):
                continue
            found = REQUIREMENT.match(line)
            if not found:
                raise ValueError(f"requirements/{kind}.in: say behind a # what this is for: {line}")
            name = found["name"]
            rows.append([f"`{name}`", locked.get(canonical(name), ""), used_by, found["purpose"]])
    return table(["Package", "Locked", "Needed by", "What it is for"], rows)


def locked_versions(path: Path) -> dict[str, str]:
    """The versions in a locked file by canonical name."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonical(name): version for name, version in pins}


def canonical(name: str) -> str:
    """The form in which package names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def variables() -> str:
    """A table of variables for each role that has any."""
    parts = []
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        options: dict[str, dict[str, Any]] = {}
        for entry in entries.values():
            for name, option in (entry.get("options") or {}).items():
                options.setdefault(name, option)
        if not options:
            continue
        rows = [
            [f"`{name}`", kind(option), default(option), text(option.get("description", ""))]
            for name, option in options.items()
        ]
        title = text(entries["main"].get("short_description", "")).rstrip(".")
        parts.append(f"**{path.parts[-3]}**: {title}\n\n" + table(["Variable", "Type", "Default", "Description"], rows))
    return "\n".join(parts)


def kind(option: dict[str, Any]) -> str:
    """The type of an option, with its elements or choices."""
    name = option.get("type", "str")
    if name == "list":
        name = f"list of {option.get('elements', 'any')}"
    if option.get("choices"):
        name += ": " + ", ".join(f"`{choice}`" for choice in option["choices"])
    return name


def default(option: dict[str, Any]) -> str:
    """The default of an option, as it is written in YAML."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    value = option["default"]
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"


def modules() -> str:
    """A table of modules and plugins."""
    rows = []
    for folder, label in (
        ("modules", "module"),
        ("inventory", "inventory"),
        ("lookup", "lookup"),
        ("filter", "filter"),
    ):
        for path in sorted(ROOT.glob(f"plugins/{folder}/*.py")):
            documentation = documentation_of(path)
            if documentation:
                rows.append([f"`frappeops.tenants.{path.stem}`", label, text(documentation["short_description"])])
    return table(["Name", "Kind", "What it does"], rows)


def documentation_of(path: Path) -> dict[str, Any] | None:
    """The DOCUMENTATION of a plugin, read without importing it."""
    from ansible.parsing.plugin_docs import read_docstring

    return read_docstring(str(path), verbose=False)["doc"]


def text(value: str | list[str]) -> str:
    """A description as one line of Markdown."""
    joined = " ".join(value) if isinstance(value, list) else value
    return " ".join(MARKUP.sub(lambda found: "`" + found[1].replace("\\", "") + "`", joined).split())


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PARTS = {"dependencies": dependencies, "modules": modules, "variables": variables}

#: The documents, and the generated parts of each.
DOCUMENTS = {
    ROOT / "README.md": {"dependencies"},
    ROOT / "docs" / "reference.md": {"modules", "variables"},
}


def generated(document: str, wanted: set[str]) -> str:
    """The document with its generated parts made anew.

    :param wanted: the names of the parts that must be in it.
    """
    found = {match["name"] for match in MARKER.finditer(document)}
    if found != wanted:
        raise ValueError(
            "each of these parts is wanted once, from '<!-- generated: NAME -->' to '<!-- end -->': "
            + ", ".join(sorted(wanted))
        )
    return MARKER.sub(lambda match: f"{match[1]}\n{PARTS[match['name']]()}\n{match[3]}", document)


def main() -> int:
    """Write the documents anew that are stale."""
    for path, wanted in DOCUMENTS.items():
        try:
            before = path.read_text(encoding="utf-8")
            after = generated(before, wanted)
        except (OSError, ValueError) as error:
            print(f"make docs: {path.name}: {error}", file=sys.stderr)
            return 1
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"docs: {path.name} is written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
