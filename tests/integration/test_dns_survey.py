# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many names at one look, asked of the lab's BIND with the key that may transfer the zone, and without it."""

from __future__ import annotations

import dns.name
import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils import dns_authorities, dns_survey
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_ask import Endpoint
from ansible_collections.frappeops.tenants.plugins.module_utils.dns_server import make_key
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from lab.settings import TSIG_KEY


@pytest.fixture
def look(lab):
    """Looks at names of a zone of the lab."""
    server = Endpoint(lab.address, lab.ports["dns"])
    key = make_key(TSIG_KEY, lab.secret("tsig_secret"), "hmac-sha256")

    def run(zone, *hosts, with_key):
        resolver = dns_authorities.make_resolver([server])
        authorities = dns_authorities.find(resolver, dns.name.from_text(zone), server.port)
        names = [dns.name.from_text(host) for host in hosts]
        return dns_survey.survey(authorities, names, key if with_key else None)

    return run


@pytest.mark.parametrize("with_key", [True, False])
def test_names_that_are_there_and_names_that_are_not(look, lab, with_key):
    found = look("tenants.test", "ns1.tenants.test", "nobody.tenants.test", with_key=with_key)
    assert found.addresses == {"ns1.tenants.test": [lab.address], "nobody.tenants.test": []}
    assert found.problems == {}


@pytest.mark.parametrize("with_key", [True, False])
def test_what_a_wildcard_answers(look, lab, with_key):
    found = look("wild.test", "any.wild.test", "ns1.wild.test", with_key=with_key)
    assert found.addresses == {"any.wild.test": [lab.address], "ns1.wild.test": [lab.address]}


def test_only_the_key_shows_the_whole_zone(look, lab):
    told = look("tenants.test", with_key=True).records
    assert {"name": "ns1.tenants.test", "type": "A", "value": [lab.address]} in told
    assert look("tenants.test", with_key=False).records is None


def test_a_zone_whose_servers_are_silent_is_an_error(lab):
    silent = dns_authorities.Authorities(dns.name.from_text("tenants.test"), [Endpoint("127.0.0.1", 9, "ns1.test")])
    with pytest.raises(TenantError, match="No name server of tenants.test answers for it: ns1.test"):
        dns_survey.survey(silent, [])
