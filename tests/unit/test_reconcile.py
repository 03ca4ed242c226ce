# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about each tenant of a fleet, and the fingerprint that tells what was applied to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible.errors import AnsibleError
from test_audit import PATTERNS, Case, tenant

from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.reconcile import judge, lines
from ansible_collections.frappeops.tenants.plugins.plugin_utils.audit.sides import World
from ansible_collections.frappeops.tenants.plugins.plugin_utils.fingerprint import Fingerprints
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.journal import ADOPTED

STEPS = ("frappeops.tenants.reserve", "frappeops.tenants.dns", "frappeops.tenants.site", "acme_billing")


def order(name, plan="starter"):
    return {"identity": vars(PATTERNS.identity(name)), "plan": plan}


@pytest.fixture
def case():
    fleet = Case()
    for name in ("acme", "globex"):
        fleet.set(name, plan="starter", applied="starter was applied")
    return fleet


def verdicts(case, *orders):
    world = World(
        {"bench1": case.bench}, {"edge1": case.edge}, case.dns, PATTERNS, nobody="nobody-1", addresses=("192.0.2.10",)
    )
    found = judge(orders, case.registry, world, lambda wanted, _row: f"{wanted['plan']} was applied")
    return {verdict.tenant: (verdict.sort, verdict.why) for verdict in found}


def test_what_is_right_is_left_alone(case):
    assert verdicts(case, order("acme"), order("globex")) == {"acme": ("right", ""), "globex": ("right", "")}


def test_new_ones_former_ones_and_extra_ones(case):
    assert verdicts(case, order("acme"), order("initech"), order("gone")) == {
        "acme": ("right", ""),
        "initech": ("new", ""),
        "gone": ("new", ""),
        "globex": ("extra", "active on bench1"),
    }


def test_another_plan_and_other_settings_are_a_change(case):
    case.set("globex", applied="something else")
    assert verdicts(case, order("acme", "professional"), order("globex")) == {
        "acme": ("change", "plan starter -> professional"),
        "globex": ("change", "its settings are others than those that were applied"),
    }


def test_a_missing_part_is_repaired(case):
    case.edge["published"].pop(0)
    assert verdicts(case, order("acme"))["acme"] == ("repair", "missing nginx acme.example.com, api.acme.example.com")


def test_a_site_that_somebody_switched_off_is_left_to_him(case):
    case.bench["sites"][0]["config"]["maintenance_mode"] = 1
    assert verdicts(case, order("acme"))["acme"] == ("right", "")


def test_lost_data_is_never_remade_by_a_run(case):
    case.bench["sites"].pop(0)
    case.edge["published"].pop(0)
    assert verdicts(case, order("acme", "professional"))["acme"][0] == "lost"


@pytest.mark.parametrize("part", ["bench", "edge"])
def test_what_could_not_be_looked_at_is_not_touched(case, part):
    setattr(case, part, None)
    assert verdicts(case, order("acme"))["acme"] == ("unknown", f"could not be looked at: {part}1")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("suspended", ("suspended", "it is brought to its wanted state when it is resumed")),
        ("provisioning", ("resume", "a run was cut off while it was provisioning")),
        ("failed", ("new", "")),
    ],
)
def test_by_state(case, state, expected):
    case.set("acme", state=state)
    assert verdicts(case, order("acme"))["acme"] == expected


@pytest.mark.parametrize(
    ("state", "of_provisioning", "sort"),
    [
        ("active", "running", "resume"),
        ("provisioning", "kept", "kept"),
        ("active", "undoing", "leaving"),
        ("suspended", "undoing", "leaving"),
        ("provisioning", "undoing", "resume"),
        ("archived", "undoing", "new"),
    ],
)
def test_by_provisioning(case, state, of_provisioning, sort):
    """A tenant that was being taken away is not lost, and no run of the steps may make an empty one in its place."""
    case.set("acme", state=state)
    case.set_provisioning("acme", of_provisioning)
    if of_provisioning == "undoing":
        case.bench["sites"].pop(0)
    assert verdicts(case, order("acme"))["acme"][0] == sort


def test_a_tenant_that_another_run_works_on_is_left_to_it(case):
    case.registry = replace(case.registry, at_work=frozenset({"acme"}))
    assert verdicts(case, order("acme"))["acme"][0] == "busy"


def test_an_adopted_tenant_stays_as_it_is(case):
    case.set_provisioning("acme", ADOPTED)
    assert verdicts(case, order("acme", "professional"))["acme"][0] == "adopted"


def test_the_lines_tell_what_is_not_right_and_count_the_rest(case):
    world = World({"bench1": case.bench}, {"edge1": case.edge}, case.dns, PATTERNS, nobody="nobody-1")
    found = judge(
        [order("acme", "professional"), order("x-new")], case.registry, world, lambda *_given: "starter was applied"
    )
    assert lines(found) == [
        "new        x-new",
        "extra      globex  active on bench1",
        "",
        "2 tenants wanted: 1 new, 1 extra, 1 right.",
    ]


class Hostvars(Mapping):
    """Host variables as Ansible gives them: one that can't be evaluated fails when it is read."""

    def __init__(self, values):
        self._values = values

    def __getitem__(self, name):
        if isinstance(self._values[name], Exception):
            raise self._values[name]
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)


class TestFingerprint:
    WISH = {
        "identity": tenant("acme")["identity"],
        "admin": {"email": "ada@acme.com", "first_name": "Ada"},
        "plan": "starter",
        "plan_data": {"apps": []},
        "settings": {},
    }
    FLEET = {"dns_ttl": 300, "tenant_oauth": {"client_id": "a", "client_secret": "b"}, "fleet_x": 1}

    def of(self, wish=None, steps=STEPS, bench=None, **settings):
        hosts = {
            "localhost": Hostvars({**self.FLEET, **settings}),
            "bench1": Hostvars(bench or {}),
            "edge1": Hostvars({}),
        }
        return Fingerprints(hosts, steps).of(**(wish or self.WISH), bench="bench1", edge="edge1")

    def test_it_stays_the_same_while_nothing_changes(self):
        assert self.of() == self.of(wish=dict(self.WISH))
        assert len(self.of()) == 64

    @pytest.mark.parametrize(
        "changed",
        [
            {"wish": {**WISH, "plan": "professional"}},
            {"wish": {**WISH, "settings": {"country": "Germany"}}},
            {"wish": {**WISH, "plan_data": {"apps": ["erpnext"]}}},
            {"dns_ttl": 60},
            {"acme_billing_tariff": "new"},
            {"tenant_oauth": {"client_id": "other"}},
            {"bench": {"frappe_bench_path": "/other"}},
            {"bench": {"acme_billing_url": "x"}},
            {"steps": STEPS[:-1]},
        ],
    )
    def test_it_changes_with_all_that_steps_apply(self, changed):
        assert self.of(**changed) != self.of()

    @pytest.mark.parametrize(
        "other",
        [
            {"tenant_result_file": "x.json"},
            {"fleet_x": 2},
            {"reserve_quarantine_days": 3},
            {"tenant_oauth": {"client_id": "a", "client_secret": "new"}},
            # A bench's own value of it is read by no step: steps run for the tenant.
            {"bench": {"site_language": "de", "frappe_bench_capacity": {"sites": 9}}},
        ],
    )
    def test_secrets_and_what_steps_do_not_apply_are_not_in_it(self, other):
        assert self.of(**other) == self.of()

    def test_a_setting_that_can_not_be_evaluated_is_left_out(self):
        assert self.of(dns_x=AnsibleError("it needs a tenant")) == self.of(dns_x=None)

    def test_it_changes_when_a_step_of_the_collection_does(self, tmp_path, monkeypatch):
        from ansible_collections.frappeops.tenants.plugins.plugin_utils import fingerprint

        before = self.of()
        (tmp_path / "dns" / "tasks").mkdir(parents=True)
        (tmp_path / "dns" / "tasks" / "main.yml").write_text("- another task\n")
        monkeypatch.setattr(fingerprint, "_ROLES", tmp_path)
        fingerprint._digest_of_roles.cache_clear()
        assert self.of() != before
        fingerprint._digest_of_roles.cache_clear()
