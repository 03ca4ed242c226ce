# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""First data in a site on the lab's bench: the setup wizard and CSV texts; one site for all tests, in this order."""

from __future__ import annotations

import secrets

import lab_sites
import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import seeds
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

NAME = f"seed-{secrets.token_hex(3)}"
COMPANY = 'Zoë & Söhne "GmbH" $(x)'
WIZARD = {
    "country": "Germany",
    "currency": None,
    "company": COMPANY,
    "abbreviation": None,
    "chart_of_accounts": None,
    "fiscal_year_start": "2026-04-01",
}


@pytest.fixture(scope="module")
def bench(lab):
    with lab_sites.erpnext_site(lab, NAME) as bench:
        yield bench


@pytest.fixture
def seed(bench):
    def seed(check=False, setup_wizard=None, imports=(), documents=()):
        imports = [{"update": False, **given} for given in imports]
        params = {"site": f"api.{NAME}.test", "setup_wizard": setup_wizard, "imports": imports, "documents": documents}
        return seeds.seed(bench, params, check)

    return seed


@pytest.fixture
def told(bench):
    def told(doctype, *fields, **filters):
        document = lab_sites.given(doctype, filters=filters, fields=list(fields))
        answers = bench.site(f"api.{NAME}.test", "ensure_documents", documents=[document], check=True)["documents"]
        return answers[0]["fields"]

    return told


class TestWizard:
    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ({"country": "Atlantis"}, "country: Frappe does not know 'Atlantis'"),
            ({"chart_of_accounts": "SKR99"}, "ERPNext has no 'SKR99' for Germany; it has SKR04"),
            ({"fiscal_year_start": "April"}, "fiscal_year_start: 'April' is not a date"),
        ],
    )
    @pytest.mark.parametrize("check", [True, False])
    def test_a_wrong_answer_is_refused_before_anything_is_made(self, seed, told, answer, said, check):
        with pytest.raises(TenantError, match=said):
            seed(check, {**WIZARD, **answer})
        assert told("Company", "abbr", company_name=COMPANY) == {}

    def test_it_is_foretold_then_completed_then_left_alone(self, seed):
        assert seed(True, WIZARD)["setup_completed"]
        assert seed(False, WIZARD)["setup_completed"]
        again = seed(False, {**WIZARD, "company": "Another"})
        assert (again["setup_completed"], again["changed"]) == (False, False)

    def test_the_company_is_there_with_what_was_left_out(self, told):
        fields = ("abbr", "default_currency", "country", "chart_of_accounts")
        assert told("Company", *fields, company_name=COMPANY) == {
            "abbr": 'Z&S"$',
            "default_currency": "EUR",
            "country": "Germany",
            "chart_of_accounts": "SKR04 mit Kontonummern",
        }
        assert told("Fiscal Year", "year_end_date", year="2026-2027") == {"year_end_date": "2027-03-31"}
        assert told("Company", "abbr", company_name="Another") == {}


def customers(*rows):
    return {"doctype": "Customer", "content": "\n".join(["Customer Name,customer_type", *rows])}


class TestImports:
    def test_a_text_is_foretold_imported_and_known_again(self, seed, told):
        odd = '"O\'Neil ""& Sons"", $(touch x) \\ 😀",Company'
        given = customers(odd, "Plain,Individual")
        assert seed(True, imports=[given])["imports"][0]["change"] == "imported"
        assert told("Customer", "customer_type", customer_name="Plain") == {}
        assert seed(imports=[given])["imports"] == [{"doctype": "Customer", "rows": 2, "change": "imported"}]
        name = 'O\'Neil "& Sons", $(touch x) \\ 😀'
        assert told("Customer", "customer_type", customer_name=name) == {"customer_type": "Company"}
        assert seed(imports=[given])["changed"] is False

    def test_documents_can_be_changed(self, seed, told):
        changes = {"doctype": "Customer", "content": "ID,Customer Type\nPlain,Company\n", "update": True}
        assert seed(imports=[changes])["changed"]
        assert told("Customer", "customer_type", customer_name="Plain") == {"customer_type": "Company"}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("Customer Name,Shoe Size\nA,44\n", "Cannot match column Shoe Size with any field"),
            ("Customer Name,Customer Type\nA,Martian\n", "row 2, Value must be one of Company, Individual"),
            ("Customer Name\n", "should contain a Header and atleast one row"),
            (" \n", "The CSV file for Customer is empty"),
        ],
    )
    def test_a_text_that_can_not_be_imported_leaves_nothing(self, seed, told, text, said):
        for _turn in range(2):
            with pytest.raises(TenantError, match=said):
                seed(imports=[{"doctype": "Customer", "content": text}])
        assert told("Customer", "customer_type", customer_name="A") == {}

    def test_of_refused_rows_each_is_named_and_the_others_stay(self, seed, told):
        given = customers("Kept,Company", ",Company", "Plain,Company")
        for _turn in range(2):
            with pytest.raises(
                TenantError, match="could not import 2 rows of Customer: row 3: .*Customer Name.*; row 4: "
            ):
                seed(imports=[given])
        assert told("Customer", "customer_type", customer_name="Kept") == {"customer_type": "Company"}

    def test_doctypes_that_frappe_does_not_import_are_refused(self, seed):
        with pytest.raises(TenantError, match="Importing DocType is not allowed"):
            seed(imports=[{"doctype": "DocType", "content": "name\nX\n"}])
