# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a field holds what is wanted, and what of a table's rows is shown, with a Frappe that knows one doctype."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import inside_site

TYPES = {"from_time": "Time", "due": "Date", "seen": "Datetime", "count": "Int", "title": "Data", "key": "Password"}


class Meta:
    def get_field(self, name):
        if name == "gates":
            return SimpleNamespace(fieldtype="Table", options="Gate")
        return SimpleNamespace(fieldtype=TYPES[name]) if name in TYPES else None


FRAPPE = SimpleNamespace(get_meta=lambda doctype: Meta())


def row(password="", **values):
    def get_password(field, raise_exception):
        return password

    return SimpleNamespace(doctype="Gate", get=values.get, get_password=get_password)


@pytest.mark.parametrize(
    ("field", "found", "wanted", "equal"),
    [
        ("from_time", datetime.timedelta(hours=9), "09:00:00", True),
        ("from_time", datetime.timedelta(hours=9, minutes=30), "9:30", True),
        ("from_time", datetime.timedelta(hours=9), "09:00:01", False),
        ("from_time", datetime.timedelta(hours=9), "noon", False),
        ("from_time", None, "09:00:00", False),
        ("due", datetime.date(2026, 4, 1), "2026-04-01", True),
        ("due", "2026-04-01", "2026-04-02", False),
        ("due", None, "", True),
        ("seen", datetime.datetime(2026, 4, 1, 9, 0), "2026-04-01T09:00:00.000000", True),
        ("seen", datetime.datetime(2026, 4, 1, 9, 0), "2026-04-01 09:01", False),
        ("count", 3, "3.0", True),
        ("title", "3", 3, True),
    ],
)
def test_values_that_frappe_stores_alike_are_equal(field, found, wanted, equal):
    assert inside_site._equal(FRAPPE, row(**{field: found}), field, wanted) is equal


def test_a_row_is_there_when_all_of_it_is_its_secret_too():
    there = SimpleNamespace(get={"gates": [row(title="north", key="*****", password="right")]}.get)
    wanted = [{"title": "north", "key": "right"}, {"title": "north", "key": "wrong"}]
    assert inside_site._missing_rows(FRAPPE, there, "gates", wanted) == wanted[1:]


def test_secrets_of_rows_are_not_shown():
    document = SimpleNamespace(doctype="Wall")
    rows = {"gates": [{"title": "north", "key": "canary"}]}
    assert inside_site._shown_rows(FRAPPE, document, rows) == {"gates": [{"title": "north", "key": "********"}]}
