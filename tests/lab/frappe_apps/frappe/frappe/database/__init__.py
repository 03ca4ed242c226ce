# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to a site's database, with the helpers that Frappe calls `frappe.db`."""

from __future__ import annotations

from typing import Any

import pymysql

import frappe
from frappe.database.query import condition, select
from frappe.types import FrappeDict
from frappe.utils import now

READ_ONLY_TRANSACTION = 1792
DDL = ("create", "alter", "drop", "truncate")


class Database:
    """Values are always bound; identifiers come from doctypes, which are data of the apps."""

    InternalError = pymysql.err.InternalError
    ProgrammingError = pymysql.err.ProgrammingError

    def __init__(self, user: str, password: str | None, db_name: str | None) -> None:
        self.user, self.password, self.cur_db_name = user, password, db_name
        self._conn: pymysql.Connection | None = None

    # --- connection ----------------------------------------------------------------------------------------------------

    def connect(self) -> pymysql.Connection:
        """Connect at the first query, not before: a wrong password shows when something is asked."""
        if self._conn is None:
            conf = frappe.local.conf
            where = (
                {"unix_socket": conf.db_socket} if conf.db_socket else {"host": conf.db_host, "port": int(conf.db_port)}
            )
            self._conn = pymysql.connect(
                user=self.user, password=self.password or "", database=self.cur_db_name, charset="utf8mb4", **where
            )
        return self._conn

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def commit(self) -> None:
        if self._conn is not None:
            self._conn.commit()

    def rollback(self) -> None:
        if self._conn is not None:
            self._conn.rollback()

    def begin(self, read_only: bool = False) -> None:
        self.sql("START TRANSACTION READ ONLY" if read_only else "START TRANSACTION")

    # --- queries -------------------------------------------------------------------------------------------------------

    def sql(self, query: str, values: Any = None, as_dict: bool = False, pluck: bool = False, **_more: Any) -> Any:
        if query.lstrip().lower().startswith(DDL):
            # A fact of Frappe: also `CREATE USER ... IDENTIFIED BY '<password>'` ends up in this log.
            frappe.log_line("database.log", f"WARNING database DDL Query made to DB:\n{query}")
        connection = self.connect()
        with connection.cursor(pymysql.cursors.DictCursor if as_dict else pymysql.cursors.Cursor) as cursor:
            self._execute(cursor, query, values)
            rows = cursor.fetchall() or ()
        if pluck:
            return [row[0] for row in rows]
        return [FrappeDict(row) for row in rows] if as_dict else rows

    @staticmethod
    def _execute(cursor: pymysql.cursors.Cursor, query: str, values: Any) -> None:
        try:
            cursor.execute(query, values)
        except pymysql.err.MySQLError as error:
            if error.args and error.args[0] == READ_ONLY_TRANSACTION:
                frappe.throw("Site is running in read only mode for maintenance.", frappe.InReadOnlyMode)
            raise

    def sql_ddl(self, query: str) -> None:
        self.commit()
        self.sql(query)

    def sql_many(self, query: str, rows: list) -> None:
        with self.connect().cursor() as cursor:
            cursor.executemany(query, rows)

    def get_tables(self, cached: bool = True) -> list[str]:
        return self.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()", pluck=True)

    def table_exists(self, doctype: str) -> bool:
        return f"tab{doctype}" in self.get_tables()

    # --- one value or row ----------------------------------------------------------------------------------------------

    def get_value(
        self, doctype: str, filters: Any = None, fieldname: Any = "name", as_dict: bool = False, **kwargs: Any
    ) -> Any:
        """A field (or several) of one document, of a single doctype too (`filters` is then its name).

        No filters mean a single doctype, whatever it is, and empty ones any document.
        """
        fields = [fieldname] if isinstance(fieldname, str) else list(fieldname)
        if filters is None or isinstance(filters, str) and filters == doctype:
            values = self.get_singles_dict(doctype)
            row = FrappeDict({name: values.get(name) for name in fields})
        else:
            filters = {"name": filters} if not isinstance(filters, dict | list) else filters
            rows = select(doctype, filters=filters, fields=fields, limit=1, order_by=kwargs.get("order_by"))
            if not rows:
                return None
            row = rows[0]
        if as_dict or fields == ["*"]:
            return row
        return row[fields[0]] if isinstance(fieldname, str) else tuple(row[name] for name in fields)

    def get(self, doctype: str, filters: Any = None, as_dict: bool = True) -> Any:
        return self.get_value(doctype, filters, "*", as_dict=as_dict)

    def exists(self, doctype: Any, filters: Any = None, **_more: Any) -> Any:
        if isinstance(doctype, dict):
            filters = dict(doctype)
            doctype = filters.pop("doctype")
        if doctype == filters and self.is_single(doctype):
            return filters
        return self.get_value(doctype, filters, "name")

    def count(self, doctype: str, filters: Any = None) -> int:
        where, values = condition(filters)
        return self.sql(f"SELECT COUNT(*) FROM `tab{doctype}` WHERE {where}", values)[0][0]

    def set_value(
        self, doctype: str, name: Any, field: Any, val: Any = None, update_modified: bool = True, **_more: Any
    ) -> None:
        values = dict(field) if isinstance(field, dict) else {field: val}
        if name is None or name == doctype and self.is_single(doctype):
            for key, value in values.items():
                self.set_single_value(doctype, key, value)
            return
        if update_modified:
            values |= {"modified": now(), "modified_by": frappe.session.user}
        where, where_values = condition(name if isinstance(name, dict) else {"name": name})
        assignments = ", ".join(f"`{key}` = %s" for key in values)
        self.sql(f"UPDATE `tab{doctype}` SET {assignments} WHERE {where}", [*values.values(), *where_values])

    def delete(self, doctype: str, filters: Any = None, **_more: Any) -> None:
        where, values = condition(filters)
        table = doctype if doctype.startswith("__") else f"tab{doctype}"
        self.sql(f"DELETE FROM `{table}` WHERE {where}", values)

    # --- single doctypes (tabSingles) ----------------------------------------------------------------------------------

    def is_single(self, doctype: str) -> bool:
        return frappe.get_meta(doctype).issingle

    def get_singles_dict(self, doctype: str) -> FrappeDict:
        return FrappeDict(self.sql("SELECT field, value FROM `tabSingles` WHERE doctype = %s", (doctype,)))

    def get_single_value(self, doctype: str, fieldname: str, cache: bool = True) -> Any:
        rows = self.sql("SELECT value FROM `tabSingles` WHERE doctype = %s AND field = %s", (doctype, fieldname))
        return frappe.get_meta(doctype).cast(fieldname, rows[0][0] if rows else None)

    def set_single_value(self, doctype: str, fieldname: Any, value: Any = None, *_args: Any, **_more: Any) -> None:
        values = dict(fieldname) if isinstance(fieldname, dict) else {fieldname: value}
        values |= {"modified": now(), "modified_by": frappe.session.user}
        self.sql_many("DELETE FROM `tabSingles` WHERE doctype = %s AND field = %s", [(doctype, key) for key in values])
        self.sql_many(
            "INSERT INTO `tabSingles` (doctype, field, value) VALUES (%s, %s, %s)",
            [(doctype, key, item) for key, item in values.items()],
        )

    # --- defaults and globals (tabDefaultValue) ------------------------------------------------------------------------

    def set_default(self, key: str, val: Any, parent: str = "__default") -> None:
        self.sql("DELETE FROM `tabDefaultValue` WHERE defkey = %s AND parent = %s", (key, parent))
        self.sql(
            "INSERT INTO `tabDefaultValue` (name, creation, modified, defkey, defvalue, parent, parenttype)"
            " VALUES (%s, NOW(), NOW(), %s, %s, %s, %s)",
            (frappe.generate_hash(length=10), key, val, parent, parent),
        )

    def get_default(self, key: str, parent: str = "__default") -> Any:
        rows = self.sql("SELECT defvalue FROM `tabDefaultValue` WHERE defkey = %s AND parent = %s", (key, parent))
        return rows[0][0] if rows else None

    def set_global(self, key: str, val: Any, user: str = "__global") -> None:
        self.set_default(key, val, user)

    def get_global(self, key: str, user: str = "__global") -> Any:
        return self.get_default(key, user)
