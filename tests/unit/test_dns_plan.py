# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a record set is, by what the journal tells."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.module_utils.dns_plan import Made
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_records import parse_record_sets

OURS = {"name": "acme.example.com", "type": "A", "value": ["192.0.2.10", "192.0.2.11"]}


def is_ours(*made: dict[str, object], value: str) -> bool:
    (found,) = parse_record_sets([{**OURS, "value": value.split()}])
    return found in Made(list(made))


def test_what_was_made_is_ours_in_parts_too() -> None:
    assert is_ours({**OURS, "former": []}, value="192.0.2.10")
    assert is_ours(OURS, {**OURS, "value": ["192.0.2.12"]}, value="192.0.2.10 192.0.2.12")


def test_what_others_put_beside_it_is_not() -> None:
    assert not is_ours(OURS, value="192.0.2.10 198.51.100.7")
    assert not is_ours(value="192.0.2.10")


def test_what_stood_there_before_with_another_ttl_is_not() -> None:
    assert not is_ours({**OURS, "former": [{**OURS, "ttl": 600}]}, value="192.0.2.10 192.0.2.11")


def test_what_another_gave_way_to_is_ours_and_an_unwanted_family_has_nothing() -> None:
    former = {**OURS, "value": ["198.51.100.7"]}
    assert is_ours({**OURS, "former": [former]}, {**OURS, "type": "AAAA", "value": []}, value="192.0.2.10")
    assert not is_ours({**OURS, "former": [former]}, value="198.51.100.7")
