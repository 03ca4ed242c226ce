# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a site, in a form in which two sites can be compared: what two fresh sites never share is taken out."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from benchkit import Bench
from cryptography.fernet import Fernet

_DATE = re.compile(r"\b\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)?\b")
#: What Frappe's generate_hash makes: names of rows without one, and users' ids, of 39 characters.
_RANDOM_NAME = re.compile(r"\b(?=[0-9a-z]*\d)[0-9a-z]{10}(?:[0-9a-z]{29})?\b")
#: A name may be of letters only; in the first column no word is meant.
_WHOLE_NAME = re.compile(r"^[0-9a-z]{10}$")
_SECRET_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w$+/=.-]{8,}")
_SECRET_COLUMN = re.compile(r"(^|_)(secret|token|password|key|sid|otp|uuid)($|_)")


class SiteContents:
    """One site of a bench, read with SQL and from its folder."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.name = name
        self._bench = bench
        self.folder = bench.sites / name
        self.config = json.loads((self.folder / "site_config.json").read_text())
        self.database = self.config["db_name"]

    def schema(self) -> dict[str, str]:
        """How each table was made."""
        names = [row[0] for row in self._query("SHOW TABLES")]
        made = self._query(" ".join(f"SHOW CREATE TABLE `{name}`;" for name in names))
        return {row[0]: re.sub(r" AUTO_INCREMENT=\d+", "", row[1]) for row in made}

    def rows(self) -> dict[str, Counter[str]]:
        """The rows of each table, without the order, names and moments that are random."""
        found: dict[str, Counter[str]] = {}
        for table, (name, *values) in self._all_rows():
            row = [_WHOLE_NAME.sub("NAME", name), *values]
            text = _DATE.sub("DATE", "\t".join(row).replace(self.name, "SITE").replace(self.database, "DATABASE"))
            found.setdefault(table, Counter())[_RANDOM_NAME.sub("NAME", text)] += 1
        # Its rows are secrets; see L(secrets).
        found["__Auth"] = Counter("\t".join(row[:3]) for row in self._query("SELECT * FROM `__Auth`"))
        return found

    def files(self) -> set[str]:
        """The files and folders of the site, but for logs, and for the empty file in which Frappe's tests note what they did."""
        paths = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}
        return {path for path in paths if not path.startswith(("logs/", "locks/", ".test_log"))}

    def secrets(self) -> dict[str, str]:
        """Every value that is or may be a secret, with the place where it stands."""
        found = {f"site_config.{key}": str(self.config[key]) for key in ("db_name", "db_password", "encryption_key")}
        key = Fernet(self.config["encryption_key"])
        for doctype, name, field, value, encrypted in self._query("SELECT * FROM `__Auth`"):
            # Encrypted, or hashed with a salt, the same secret would be another text in each site.
            found[f"__Auth.{doctype}.{name}.{field}"] = key.decrypt(value).decode() if encrypted == "1" else value
        for doctype, field, value in self._query("SELECT doctype, field, value FROM tabSingles"):
            if _SECRET_COLUMN.search(field):
                found[f"{doctype}.{field}"] = value
        columns = self._query(
            "SELECT table_name, column_name FROM information_schema.columns "
            f"WHERE table_schema = '{self.database}' AND (data_type LIKE '%char%' OR data_type LIKE '%text')"
        )
        for table, column in columns:
            if _SECRET_COLUMN.search(column) and table not in ("__Auth", "tabSingles"):
                values = self._query(f"SELECT DISTINCT `{column}` FROM `{table}` WHERE LENGTH(`{column}`) > 0")
                found.update({f"{table}.{column}.{number}": row[0] for number, row in enumerate(values)})
        # So are switches and addresses named too. Password fields hold stars: the value itself is in __Auth.
        return {place: value for place, value in found.items() if _SECRET_VALUE.fullmatch(value)}

    def _all_rows(self) -> list[tuple[str, list[str]]]:
        table, found = "", []
        names = [row[0] for row in self._query("SHOW TABLES")]
        script = " ".join(f"SELECT '@table', '{name}'; SELECT * FROM `{name}`;" for name in names if name != "__Auth")
        for row in self._query(script):
            if row[0] == "@table":
                table = row[1]
            else:
                found.append((table, row))
        return found

    def _query(self, sql: str) -> list[list[str]]:
        return self._bench.database.query(f"USE `{self.database}`; {sql}")


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """For each table the rows that only one of two sites has."""
    found = {}
    for table in one.keys() | other.keys():
        mine, theirs = one.get(table, Counter()), other.get(table, Counter())
        rows = [f"- {row}" for row in mine - theirs] + [f"+ {row}" for row in theirs - mine]
        if rows:
            found[table] = sorted(rows)
    return found


def dumps_below(folder: Path) -> list[Path]:
    """The dumps of the templates that are kept there."""
    return sorted(folder.rglob("*.sql"))
