# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a tenants file, YAML or CSV: entries of plain texts, each with the line that it stands in.

Both kinds give the same: every value is a text, without blanks around it. So C(tenant: 007) or C(plan: no) in YAML is
what was written, and a value that is left out, empty or null is not there. What an entry means is judged in orders.py.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

#: What an entry may say, and so the columns of a CSV file.
FIELDS = ("tenant", "admin_email", "admin_first_name", "plan", "bench", "country", "time_zone", "language")

_YAML_SUFFIXES = {".yml", ".yaml", ".json"}
#: Spreadsheets write a semicolon where a comma is the decimal sign. The header holds only the one that separates.
_DELIMITERS = ",;\t"
_NULLS = {"", "~", "null", "Null", "NULL"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """What is asked for one tenant, and where that stands, such as C(line 7)."""

    where: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """Why something is refused, and where it stands; nowhere for the values of a command."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def read(path: Path) -> tuple[list[Entry], list[Problem]]:
    """The entries of the file, and what is wrong with its form.

    :raises TenantError: it can't be read at all.
    """
    text = _text(path)
    if path.suffix.lower() == ".csv":
        return _read_csv(path, text)
    if path.suffix.lower() in _YAML_SUFFIXES:
        return _read_yaml(path, text)
    raise TenantError(f"{path} is refused: its name ends in none of .csv, .yml, .yaml and .json.", "Rename it.")


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TenantError(f"The tenants file {path} can't be read: {error.strerror}.") from error
    try:
        # With or without the mark that spreadsheets put at the beginning.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TenantError(
            f"The tenants file {path} is not UTF-8: see line {line}.", "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
        ) from error


# --- CSV


def _read_csv(path: Path, text: str) -> tuple[list[Entry], list[Problem]]:
    rows = _rows(path, text)
    line, header = next(rows, (1, []))
    columns = [column.lower() for column in header]
    problems = [Problem(f"line {line}", message) for message in _header_problems(columns)]
    if problems:
        return [], problems
    entries = []
    for line, cells in rows:
        if len(cells) > len(columns):
            problems.append(Problem(f"line {line}", f"it has {len(cells)} cells, the header has {len(columns)}."))
            continue
        entries.append(Entry(f"line {line}", _given(dict(zip(columns, cells, strict=False)))))
    return entries, problems


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line that it begins in."""
    header = text.lstrip().partition("\n")[0]
    delimiter = next((sign for sign in _DELIMITERS if sign in header), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        raise TenantError(
            f"The tenants file {path} is no CSV: line {line}: {error}.",
            "Put values with quotes or line ends in quotes.",
        ) from error


def _header_problems(columns: list[str]) -> Iterator[str]:
    for column in dict.fromkeys(columns):
        if column not in FIELDS:
            yield f"unknown column {column!r}. Known columns: {', '.join(FIELDS)}."
        elif columns.count(column) > 1:
            yield f"the column {column!r} is there more than once."
    if "tenant" not in columns:
        yield "the header has no column 'tenant'. Example: tenant,admin_email,plan"


# --- YAML


def _read_yaml(path: Path, text: str) -> tuple[list[Entry], list[Problem]]:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TenantError(f"The tenants file {path} is no YAML: line {line}: {error.problem}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise TenantError(f"The tenants file {path} is no YAML: {str(error).splitlines()[0]}.") from error
    items = _items(root)
    if items is None:
        raise TenantError(
            f"The tenants file {path} is no list of tenants.", "Example: - {tenant: acme, admin_email: ada@acme.com}"
        )
    entries: list[Entry] = []
    problems: list[Problem] = []
    for item in items:
        where = f"line {item.start_mark.line + 1}"
        if not isinstance(item, yaml.MappingNode):
            problems.append(Problem(where, "it is no dictionary. Example: {tenant: acme, admin_email: ada@acme.com}"))
            continue
        pairs = [(_scalar(key), _scalar(value)) for key, value in item.value]
        found = list(_pair_problems(pairs))
        problems += [Problem(where, message) for message in found]
        if not found:
            entries.append(Entry(where, _given({str(key): str(value) for key, value in pairs})))
    return entries, problems


def _items(root: yaml.Node | None) -> list[yaml.Node] | None:
    """The nodes of the list, which may stand alone or under the key tenants, as in a file of variables."""
    if root is None:
        return []
    if isinstance(root, yaml.MappingNode) and [key.value for key, _value in root.value] == ["tenants"]:
        root = root.value[0][1]
    return root.value if isinstance(root, yaml.SequenceNode) else None


def _scalar(node: yaml.Node) -> str | None:
    """The text as it is written; None for what is no text."""
    if not isinstance(node, yaml.ScalarNode) or not node.tag.startswith("tag:yaml.org,2002:"):
        return None
    is_plain = not node.style
    return "" if is_plain and node.value in _NULLS else node.value.strip()


def _pair_problems(pairs: list[tuple[str | None, str | None]]) -> Iterator[str]:
    keys = [key for key, _value in pairs]
    for key, value in pairs:
        if key in FIELDS and value is None:
            yield f"{key}: it is no plain text."
    for key in dict.fromkeys(keys):
        if key in FIELDS and keys.count(key) > 1:
            yield f"{key} is there more than once."


def _given(values: dict[str, str]) -> dict[str, str]:
    """Without what is empty."""
    return {key: value for key, value in values.items() if value}
