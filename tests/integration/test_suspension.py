# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One tenant on the lab, suspended and resumed in both layouts, moved from one to the other and back, and taken away.

That the layout shared takes no reload is tested where nobody else reloads: test_edge_layouts.py. The runs after the first wish
for other certificates than the tenant has: it is served by HTTPS all the same.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from pathlib import Path

from conftest import Outcome, Playbooks
from traces import of_tenant

from lab.settings import Settings


def status(lab: Settings, tenant: str, path: str = "/api/method/ping") -> int:
    """What the tenant's backend answers by HTTPS."""
    host = f"api.{tenant}.tenants.test"
    context = ssl.create_default_context(cafile=str(lab.lab_dir / "acme" / "ca.pem"))
    connection = http.client.HTTPConnection(host, timeout=20)
    plain = socket.create_connection((lab.address, lab.ports["https"]), 20)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def well(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.output
    return outcome


def unchanged(outcome: Outcome) -> None:
    assert well(outcome).count("changed") == 0, outcome.output


def test_suspended_and_resumed_in_both_layouts(
    lab: Settings, playbooks: Playbooks, tenant: str, tmp_path: Path
) -> None:
    # Without links, as on Red Hat.
    conf_d = {"proxy_nginx_sites_available": "", "proxy_nginx_sites_enabled": str(lab.nginx / "conf.d")}
    file = lab.nginx / "conf.d" / f"{tenant}.tenants.test.conf"
    vhost = {"tenant": tenant, **conf_d}
    wish = {**vhost, "admin_email": f"ada@{tenant}.example"}
    well(playbooks.provision(**wish))
    assert status(lab, tenant) == 200 and file.is_file()

    foreseen = playbooks.run("suspend.yml", "--check", "--diff", **vhost)
    assert well(foreseen).count("changed") > 0 and status(lab, tenant) == 200
    without = playbooks.run("suspend.yml", **vhost, certificate_config_dir=str(tmp_path))
    assert without.code != 0 and "is served by HTTPS, and no certificate for it" in without.output, without.output
    assert status(lab, tenant) == 200
    elsewhere = {"certificate_acme_directory": "https://127.0.0.1:9/dir", "certificate_wildcard": True}
    well(playbooks.run("suspend.yml", **vhost, reason="not paid", **elsewhere))
    assert status(lab, tenant) == 402
    unchanged(playbooks.run("suspend.yml", **vhost))
    # That is how it should be.
    looked = well(playbooks.run("health.yml", tenant=tenant))
    assert "PASS  backend        suspended: 402" in looked.output and "SKIP  doors" in looked.output
    refused = playbooks.provision(**wish)
    assert refused.code != 0 and f"{tenant} is suspended and stays so. Resume it first" in refused.output
    assert status(lab, tenant) == 402

    # To the other layout, with one reload, to take the file away.
    shared = {**vhost, "proxy_layout": "shared"}
    well(playbooks.run("playbooks/edge.yml", proxy_layout="shared"))
    well(playbooks.run("resume.yml", **shared, tls_plan="shared"))
    assert status(lab, tenant) == 200 and not file.exists()
    unchanged(playbooks.run("resume.yml", **shared))

    well(playbooks.run("suspend.yml", **shared, tls_plan="none"))
    assert status(lab, tenant) == 402
    unchanged(playbooks.run("suspend.yml", **shared))

    # And back again.
    well(playbooks.run("resume.yml", **vhost))
    assert status(lab, tenant) == 200 and file.is_file()

    well(playbooks.deprovision(tenant))
    assert "nginx files" not in of_tenant(lab, tenant)
    refused = playbooks.run("suspend.yml", tenant=tenant)
    assert refused.code != 0 and "there is nothing to suspend" in refused.output
