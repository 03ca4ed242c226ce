# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants files as people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenants_file import FIELDS, Entry, read


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems(folder, name, content):
    return [str(problem) for problem in read(write(folder, name, content))[1]]


class TestCsv:
    WANTED = [
        Entry("line 2", {"tenant": "acme", "admin_email": "ada@acme.example", "plan": "starter"}),
        Entry("line 4", {"tenant": "globex", "admin_email": "bill@globex.example"}),
    ]

    @pytest.mark.parametrize(
        "content",
        [
            "tenant,admin_email,plan\nacme,ada@acme.example,starter\n\nglobex,bill@globex.example,\n",
            "tenant;admin_email;plan\nacme;ada@acme.example;starter\n;;\nglobex;bill@globex.example\n",
            "Tenant\tAdmin_Email\tPlan\r\nacme\tada@acme.example\tstarter\r\n\r\nglobex\tbill@globex.example\t\r\n",
            b'\xef\xbb\xbftenant,"admin_email",plan\r\n acme , ada@acme.example,"starter"\r\n\r\nglobex,bill@globex.example',
            "tenant,admin_email,plan\racme,ada@acme.example,starter\r\rglobex,bill@globex.example,\r",
        ],
        ids=["commas", "semicolons", "tabs and CRLF", "mark, quotes and blanks", "CR"],
    )
    def test_whatever_wrote_it_the_entries_are_the_same(self, tmp_path, content):
        assert read(write(tmp_path, "customers.csv", content)) == (self.WANTED, [])

    def test_a_value_may_hold_the_separator_and_line_ends(self, tmp_path):
        content = 'admin_first_name,tenant\n"Ada, Countess\nof Lovelace",acme\nBill,globex\n'
        entries, _problems = read(write(tmp_path, "x.csv", content))
        assert [(entry.where, entry.values["tenant"]) for entry in entries] == [
            ("line 2", "acme"),
            ("line 4", "globex"),
        ]
        assert entries[0].values["admin_first_name"] == "Ada, Countess\nof Lovelace"

    def test_problems_of_the_header_are_told_at_once(self, tmp_path):
        assert problems(tmp_path, "x.csv", "name,email,plan,plan\nacme,a@b.example,a,b\n") == [
            "line 1: unknown column 'name'. Known columns: tenant, admin_email, admin_first_name, plan, bench, country, time_zone, language.",
            "line 1: unknown column 'email'. Known columns: tenant, admin_email, admin_first_name, plan, bench, country, time_zone, language.",
            "line 1: the column 'plan' is there more than once.",
            "line 1: the header has no column 'tenant'. Example: tenant,admin_email,plan",
        ]

    def test_a_row_with_too_many_cells_is_named(self, tmp_path):
        assert problems(tmp_path, "x.csv", "tenant,plan\nacme,starter\nglobex,a,b\n") == [
            "line 3: it has 3 cells, the header has 2."
        ]

    def test_an_open_quote_is_named_with_its_line(self, tmp_path):
        with pytest.raises(TenantError, match="is no CSV: line 3: unexpected end of data"):
            read(write(tmp_path, "x.csv", 'tenant\nacme\n"globex\n'))


class TestYaml:
    @pytest.mark.parametrize(
        "content",
        [
            "- tenant: acme\n  plan: no\n- {tenant: 007, admin_email: a@b.example, plan: ~, bench: '~'}\n",
            "---\ntenants:\n  - tenant: acme\n    plan: no\n  - {tenant: 007, admin_email: a@b.example, bench: '~', plan: }",
            '[{"tenant": "acme", "plan": "no"},\n\n{"tenant": "007", "admin_email": "a@b.example", "bench": "~"}]',
        ],
        ids=["list", "under tenants", "JSON"],
    )
    def test_every_value_is_the_text_that_is_written(self, tmp_path, content):
        entries, found = read(write(tmp_path, "customers.yml", content))
        assert found == []
        assert [entry.values for entry in entries] == [
            {"tenant": "acme", "plan": "no"},
            {"tenant": "007", "admin_email": "a@b.example", "bench": "~"},
        ]
        assert [entry.where for entry in entries][0] in ("line 1", "line 3")

    def test_what_is_no_entry_is_named_with_its_line(self, tmp_path):
        content = (
            "- acme\n- tenant: globex\n  tenant: initech\n- tenant: [a, b]\n- tenant: !vault x\n- tenant: good\n"
            "  ? [odd]\n  : key\n"
        )
        entries, found = read(write(tmp_path, "x.yaml", content))
        assert [str(problem) for problem in found] == [
            "line 1: it is no dictionary. Example: {tenant: acme, admin_email: ada@acme.com}",
            "line 2: tenant is there more than once.",
            "line 4: tenant: it is no plain text.",
            "line 5: tenant: it is no plain text.",
        ]
        # A key that is not known is judged with the values, as a column is.
        assert [set(entry.values) for entry in entries] == [{"tenant", "None"}]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("- {tenant: acme\n- x", "is no YAML: line "),
            ("tenant: acme\n", "is no list of tenants"),
            ("acme", "is no list of tenants"),
            ("- a\n\x00", "is no YAML: "),
            ("[" * 3000, "is no YAML: "),
        ],
    )
    def test_what_can_not_be_read_is_refused_in_one_line(self, tmp_path, content, said):
        with pytest.raises(TenantError) as refusal:
            read(write(tmp_path, "x.yml", content))
        assert said in refusal.value.msg
        assert "\n" not in refusal.value.msg

    def test_an_empty_file_has_no_entries(self, tmp_path):
        assert read(write(tmp_path, "x.yml", "# nothing\n")) == ([], [])


class TestFile:
    def test_what_is_not_utf_8_is_named_with_its_line(self, tmp_path):
        with pytest.raises(TenantError, match="is not UTF-8: see line 2"):
            read(write(tmp_path, "x.csv", b"tenant,admin_first_name\nacme,Ren\xe9\n"))

    def test_another_kind_of_file_is_refused(self, tmp_path):
        with pytest.raises(TenantError, match="ends in none of"):
            read(write(tmp_path, "x.xlsx", "PK"))

    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(TenantError, match="can't be read: No such file or directory"):
            read(tmp_path / "x.csv")


#: What can stand in a cell: no line of text ends in a surrogate, and YAML has no words for some control characters.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
ENTRIES = st.lists(
    st.fixed_dictionaries({"tenant": TEXTS.filter(bool)}, optional=dict.fromkeys(FIELDS[1:], TEXTS)), max_size=5
)


class TestBothKinds:
    @given(ENTRIES, st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig"]), st.sampled_from(["\n", "\r\n"]))
    def test_they_give_the_same(self, wanted, delimiter, encoding, line_end):
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, FIELDS, delimiter=delimiter, lineterminator=line_end)
        writer.writeheader()
        writer.writerows(wanted)
        with tempfile.TemporaryDirectory() as folder:
            as_csv = write(Path(folder), "x.csv", table.getvalue().encode(encoding))
            as_yaml = write(Path(folder), "x.yml", yaml.safe_dump(wanted, allow_unicode=True).encode(encoding))
            entries = [{key: value for key, value in entry.items() if value} for entry in wanted]
            for path in (as_csv, as_yaml):
                found, refused = read(path)
                assert refused == []
                assert [entry.values for entry in found] == entries

    @given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.yml"]))
    def test_whatever_is_in_it_it_is_read_or_refused(self, content, name):
        with tempfile.TemporaryDirectory() as folder:
            try:
                entries, _found = read(write(Path(folder), name, content))
            except TenantError as refusal:
                assert "\n" not in refusal.msg
            else:
                assert all(isinstance(value, str) for entry in entries for value in entry.values.values())
