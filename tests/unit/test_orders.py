# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders are judged as a whole: every problem is found, and what is good is complete."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns
from ansible_collections.frappeops.tenants.plugins.plugin_utils import orders
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import clock
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.placement import Bench
from ansible_collections.frappeops.tenants.plugins.plugin_utils.tenants_file import Entry

PATTERNS = HostPatterns("example.com")
RULES = orders.Rules(
    patterns=PATTERNS,
    plans={"starter": {"apps": []}, "professional": {"apps": ["erpnext"]}, "odd": {"needs": {"disk": 1}}},
    default_plan="starter",
    benches=(Bench("b1", "e1", apps=()), Bench("b2", "e2", apps=("erpnext",))),
    reserved=("shop",),
    quarantine_days=30,
)


def an_entry(where="", **values):
    return Entry(where, {"tenant": "acme", "admin_email": "ada@acme.example", **values})


def a_row(name="acme", **changes):
    identity = asdict(PATTERNS.identity(name))
    return {
        "name": name,
        "state": "active",
        "plan": "professional",
        "bench": "b2",
        "site": identity["site"],
        "admin_email": "ada@acme.example",
        "admin_first_name": "Ada",
        "identity": identity,
        "changed_at": clock.now(),
        **changes,
    }


def problems(*entries, rules=RULES, registered=()):
    return [str(problem) for problem in orders.judge(entries, rules, registered)[1]]


class TestGoodOrders:
    def test_what_a_new_tenant_leaves_out_is_the_default(self):
        (order,), found = orders.judge([an_entry(admin_email="Ada@Acme.Example")], RULES, [])
        assert found == []
        assert order.identity == asdict(PATTERNS.identity("acme"))
        assert order.admin == {"email": "ada@acme.example", "first_name": "Admin"}
        assert (order.plan, order.bench) == ("starter", "")

    def test_what_the_command_says_holds_for_entries_that_leave_it_out(self):
        rules = replace(RULES, defaults={"plan": "professional", "admin_email": "ops@msp.example", "bench": ""})
        entries = [
            Entry("entry 1", {"tenant": "acme", "plan": "starter"}),
            Entry("entry 2", {"tenant": "globex", "admin_email": "", "plan": None}),
        ]
        found, _problems = orders.judge(entries, rules, [])
        assert [(order.plan, order.admin["email"]) for order in found] == [
            ("starter", "ops@msp.example"),
            ("professional", "ops@msp.example"),
        ]

    def test_what_is_left_out_stays_as_it_is_at_a_tenant_that_is_there(self):
        (order,), _problems = orders.judge([an_entry()], RULES, [a_row()])
        assert (order.plan, order.admin["first_name"]) == ("professional", "Ada")

    def test_only_settings_that_are_asked_for_are_ordered(self):
        rules = replace(RULES, defaults={"country": "Germany", "time_zone": "", "language": None})
        entry = an_entry(language="pt-BR", time_zone="America/Sao_Paulo")
        found, _problems = orders.judge([entry, an_entry(tenant="globex")], rules, [])
        assert [order.settings for order in found] == [
            {"country": "Germany", "time_zone": "America/Sao_Paulo", "language": "pt-BR"},
            {"country": "Germany"},
        ]

    def test_but_not_of_one_that_failed(self):
        (order,), _problems = orders.judge([an_entry()], RULES, [a_row(state="failed")])
        assert (order.plan, order.admin["first_name"]) == ("starter", "Admin")


class TestProblems:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"tenant": "Acme Inc"}, "tenant: 'Acme Inc' is refused: only a-z, 0-9 and - are allowed"),
            ({"tenant": "shop"}, "this name is reserved"),
            ({"tenant": 123}, "tenant: 123 is refused: it is not a text; put it in quotes."),
            ({"tenant": ["acme"]}, "it is not a text; put it in quotes."),
            ({"tenant": ""}, "tenant is missing."),
            ({"email": "x"}, "'email' is unknown. Known: tenant, admin_email, admin_first_name, plan, bench, country"),
            ({"admin_email": ""}, "admin_email: '' is refused for acme: it is not a mail address."),
            ({"admin_email": "ada@acme"}, "it is not a mail address. Example: ada@example.com."),
            ({"admin_email": "a@b.example\nBcc: x@y.example"}, "it is not a mail address"),
            (
                {"admin_email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com"},
                "it is not a mail address",
            ),
            (
                {"admin_first_name": "Ada\nBcc: x@y.example"},
                "admin_first_name: 'Ada\\nBcc: x@y.example' is refused for acme",
            ),
            ({"admin_first_name": "x" * 141}, "no single line of at most 140 characters"),
            (
                {"country": "Ger\nmany"},
                "country: 'Ger\\nmany' is refused for acme: it is no single line. Example: Germany.",
            ),
            ({"time_zone": "Mars/Base"}, "time_zone: 'Mars/Base' is refused for acme: there is no such time zone."),
            (
                {"language": "german"},
                "language: 'german' is refused for acme: it is no code of a language. Example: de.",
            ),
            (
                {"plan": "gold"},
                "plan: 'gold' is refused for acme: there is no such plan. Known plans: starter, professional",
            ),
            ({"plan": "odd"}, "The needs of the plan odd: 'disk' can't be counted"),
            ({"bench": "b9"}, "acme on plan starter is refused: There is no bench 'b9'. Known benches: b1, b2."),
            ({"bench": "b1", "plan": "professional"}, "No bench has the apps erpnext: b1 lacks erpnext."),
        ],
    )
    def test_each_is_told_once(self, values, said):
        (message,) = problems(an_entry(**values))
        assert said in message

    @given(st.sampled_from(["tenant", "admin_email", "admin_first_name", "plan", "bench"]), st.text(max_size=200))
    def test_any_text_is_taken_as_it_is_or_refused_in_one_line(self, field, text):
        """Quotes, blanks, $(), {{ }}, line ends: what a launcher passes on from strangers."""
        made, found = orders.judge([an_entry(**{field: text})], RULES, [])
        if found:
            assert all(str(problem).isprintable() for problem in found)
            assert made == []
        elif text and field == "admin_first_name":
            assert made[0].admin["first_name"] == text

    def test_all_problems_of_all_entries_are_told_with_where_they_stand(self):
        found = problems(
            an_entry("line 2"),
            an_entry("line 3", tenant="-xy", admin_email="x", plan="gold"),
            an_entry("line 4", tenant="globex", bench="b9"),
        )
        assert [message.partition(":")[0] for message in found] == ["line 3", "line 3", "line 3", "line 4"]

    def test_a_name_that_is_there_twice_says_where_it_was_first(self):
        (message,) = problems(an_entry("line 2"), an_entry("line 9"))
        assert message == "line 9: tenant: 'acme' is refused: it is named more than once, first in line 2."


class TestConflicts:
    def test_another_customers_name_is_refused(self):
        (message,) = problems(an_entry(admin_email="eve@evil.example"), registered=[a_row()])
        assert message.startswith(
            "acme already exists (active, admin_email ada@acme.example, not eve@evil.example) and stays as it is."
        )

    def test_one_that_was_not_long_ago_too(self):
        (message,) = problems(an_entry(admin_email="eve@evil.example"), registered=[a_row(state="archived")])
        assert message.startswith("acme was another tenant's name until")
        assert problems(an_entry(), registered=[a_row(state="archived")]) == []

    def test_a_tenant_is_not_moved(self):
        (message,) = problems(an_entry(bench="b1", plan="starter"), registered=[a_row()])
        assert message.startswith("acme lives on the bench b2 and is not moved to b1.")

    def test_the_bench_that_a_tenant_lives_on_must_be_there(self):
        (message,) = problems(an_entry(), registered=[a_row(bench="gone")])
        assert message.startswith("acme lives on the bench gone, which is not in the inventory.")

    def test_a_host_of_another_tenant_is_refused_whatever_pattern_made_it(self):
        other = a_row("globex", identity={"frontend_host": "globex.example.org", "backend_host": "acme.example.com"})
        (message,) = problems(an_entry(), registered=[other])
        assert message == "tenant: 'acme' is refused: its host acme.example.com belongs to the tenant globex."

    def test_so_is_one_that_would_meet_another_of_the_same_orders(self):
        rules = replace(RULES, patterns=HostPatterns("example.com", "{tenant}.{domain}", "{tenant}-api.{domain}"))
        (message,) = problems(an_entry("line 2"), an_entry("line 3", tenant="acme-api"), rules=rules)
        assert message.startswith("line 3: tenant: 'acme-api' is refused: its frontend host would be the backend host")

    def test_an_adopted_tenant_has_the_site_and_the_hosts_that_it_had(self):
        own = {"frontend_host": "acme.com", "backend_host": "erp.acme.com"}
        # By today's pattern it would meet this one.
        other = a_row("globex", identity={"frontend_host": "globex.example.org", "backend_host": "acme.example.com"})
        rows = [a_row(site="erp.acme.com", identity=own), other]
        (order,), found = orders.judge([an_entry()], RULES, rows, adopted={"acme"})
        assert (order.identity["name"], found) == ("acme", [])
        _orders, (problem,) = orders.judge([an_entry(admin_email="eve@evil.example")], RULES, rows, adopted={"acme"})
        assert problem.message.startswith("acme already exists")

    def test_the_tenants_own_hosts_are_no_conflict(self):
        assert problems(an_entry(), registered=[a_row()]) == []


class TestRefusal:
    def test_of_a_file_it_counts_and_lists(self):
        _good, found = orders.judge([an_entry("line 2", plan="a"), an_entry("line 3", plan="b")], RULES, [])
        lines = orders.refusal(found, "customers.csv").msg.splitlines()
        assert lines[0] == "3 problems in customers.csv; nothing was made."
        assert [line[:9] for line in lines[1:]] == ["  line 2:", "  line 3:", "  line 3:"]

    def test_of_a_command_it_is_the_problem_itself(self):
        _good, found = orders.judge([an_entry(plan="a")], RULES, [])
        assert orders.refusal(found, "").msg == str(found[0])

    def test_a_pattern_that_can_not_work_is_refused_first(self):
        with pytest.raises(TenantError, match="hosts"):
            orders.judge([], replace(RULES, patterns=HostPatterns("example.com", backend="api.{domain}")), [])
