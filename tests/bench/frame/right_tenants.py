# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants that are right in every part that a bulk look sees, made without the minutes that real ones take."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dns.name
import dns.query
import dns.update
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from vhost_rendering import render_vhost

from ansible_collections.frappeops.tenants.plugins.module_utils import inside_database, site_config
from ansible_collections.frappeops.tenants.plugins.module_utils.naming import HostPatterns, Identity
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_publish import marked
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import MARK_FILE
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry import clock, database, schema
from ansible_collections.frappeops.tenants.plugins.plugin_utils.registry.placement import DEFAULT_NEEDS
from gate.command import CACHE, ROOT
from lab.dns import keyring
from lab.settings import DATABASE_ADMIN, TSIG_KEY, Settings

from .runs import playbook

WHAT_IS_REAL = (
    "Real: registry rows, site folders with mark and configuration, databases with mark and user, DNS records in BIND, "
    "nginx's files, certificates in certbot's layout. Not there: tables in the databases, a reload of nginx."
)

_ZONE = "tenants.test"
_NAMES_IN_UPDATE = 200


@dataclass(frozen=True)
class Tenant:
    """One of them, by its number."""

    number: int
    patterns: HostPatterns

    @property
    def identity(self) -> Identity:
        return self.patterns.identity(f"bench-{self.number:04}")

    @property
    def owner(self) -> str:
        return f"{self.number:016x}"

    @property
    def database(self) -> str:
        return f"tenant_bench_{self.number:04}"

    @property
    def email(self) -> str:
        return f"ada@{self.identity.name}.example"


#: Those of the plan that all of them have.
_LIMITS = yaml.safe_load((ROOT / "roles/tenant/defaults/main.yml").read_text())["tenant_plans"]["starter"]["limits"]


class RightTenants:
    """Tenants on the lab, with a registry of their own."""

    def __init__(self, lab: Settings) -> None:
        self._lab = lab
        self._folder = CACHE / "bench"
        self._patterns = HostPatterns(_ZONE, https_port=lab.ports["https"])
        self._made: list[Tenant] = []
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.registry_url = f"sqlite:///{self._folder}/registry.db"

    def grow_to(self, count: int) -> Path:
        """Make what is missing to I(count) tenants.

        :returns: a tenants file with all of them.
        """
        new = [Tenant(number, self._patterns) for number in range(len(self._made), count)]
        self._made += new
        self._publish(new)
        key = ec.generate_private_key(ec.SECP256R1())
        for tenant in new:
            self._make_site(tenant)
            self._make_files(tenant, key)
        file = self._folder / f"{count}.csv"
        lines = [f"{tenant.identity.name},{tenant.email},starter\n" for tenant in self._made]
        file.write_text("".join(["tenant,admin_email,plan\n", *lines]))
        self._register(new)
        self._note_applied(file)
        return file

    def remove(self) -> None:
        """Take all of them away."""
        for tenant in self._made:
            inside_database.drop(self._connection, tenant.database, [tenant.owner])
            shutil.rmtree(self._lab.bench / "sites" / tenant.identity.site, ignore_errors=True)
            for path in self._files(tenant):
                path.unlink(missing_ok=True)
            shutil.rmtree(self._live(tenant), ignore_errors=True)
        for update in self._updates(self._made):
            for host in update.hosts:
                update.message.delete(host)
            update.send(self._lab)
        shutil.rmtree(self._folder)

    @property
    def _connection(self) -> dict[str, object]:
        return {
            "host": self._lab.address,
            "port": self._lab.ports["mariadb"],
            "user": DATABASE_ADMIN,
            "password": self._lab.secret("mariadb_admin_password"),
        }

    def _make_site(self, tenant: Tenant) -> None:
        folder = self._lab.bench / "sites" / tenant.identity.site
        folder.mkdir()
        (folder / MARK_FILE).write_text(json.dumps({"owner": tenant.owner, "whole": True}))
        site_config.write(
            folder,
            {
                "db_name": tenant.database,
                "db_user": tenant.database,
                "db_password": "of-the-benchmark",
                "host_name": tenant.identity.backend_url,
                **_LIMITS,
            },
        )
        inside_database.create(self._connection, tenant.database, "of-the-benchmark", tenant.owner)

    def _make_files(self, tenant: Tenant, key: ec.EllipticCurvePrivateKey) -> None:
        available, enabled, mark, renewal = self._files(tenant)
        live = self._live(tenant)
        text = render_vhost(
            tenant_identity=asdict(tenant.identity),
            # As the lab's own: nginx may be reloaded by others while these files are there.
            proxy_addresses=[self._lab.address],
            proxy_http_port=self._lab.ports["http"],
            proxy_https_port=self._lab.ports["https"],
            proxy_webroot=str(self._lab.nginx / "webroot"),
            proxy_sites_path=str(self._lab.bench / "sites"),
            proxy_bench_key="lab_bench",
            certificate_result={"fullchain": f"{live}/fullchain.pem", "privkey": f"{live}/privkey.pem"},
        )
        available.write_text(marked(text, tenant.owner))
        enabled.symlink_to(f"../sites-available/{available.name}")
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(f"{tenant.owner}\n")
        renewal.parent.mkdir(parents=True, exist_ok=True)
        renewal.write_text("version = 2.1.0\n[renewalparams]\nserver = https://benchmark.invalid/dir\n")
        live.mkdir(parents=True)
        (live / "fullchain.pem").write_bytes(_certificate(tenant.identity, key))
        (live / "privkey.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _files(self, tenant: Tenant) -> tuple[Path, Path, Path, Path]:
        nginx, config, host = self._lab.nginx, self._lab.letsencrypt / "config", tenant.identity.frontend_host
        return (
            nginx / "sites-available" / f"{host}.conf",
            nginx / "sites-enabled" / f"{host}.conf",
            config / "frappe_tenants" / host,
            config / "renewal" / f"{host}.conf",
        )

    def _live(self, tenant: Tenant) -> Path:
        return self._lab.letsencrypt / "config" / "live" / tenant.identity.frontend_host

    def _publish(self, tenants: Sequence[Tenant]) -> None:
        for update in self._updates(tenants):
            for host in update.hosts:
                update.message.add(host, 60, "A", self._lab.address)
            update.send(self._lab)

    def _updates(self, tenants: Iterable[Tenant]) -> Iterator[_Update]:
        hosts = [host for tenant in tenants for host in (tenant.identity.frontend_host, tenant.identity.backend_host)]
        for start in range(0, len(hosts), _NAMES_IN_UPDATE):
            message = dns.update.UpdateMessage(_ZONE, keyring=keyring(self._lab), keyname=dns.name.from_text(TSIG_KEY))
            yield _Update(message, [f"{host}." for host in hosts[start : start + _NAMES_IN_UPDATE]])

    def _register(self, tenants: Sequence[Tenant]) -> None:
        now = clock.now()
        with database.transaction(self.registry_url) as connection:
            for tenant in tenants:
                name = tenant.identity.name
                connection.execute(
                    schema.provisionings.insert().values(
                        id=tenant.owner, tenant=name, state="done", started_at=now, ended_at=now
                    )
                )
                connection.execute(
                    schema.tenants.insert().values(
                        name=name,
                        state="active",
                        plan="starter",
                        bench="lab-bench",
                        edge="lab-edge",
                        site=tenant.identity.site,
                        database_name=tenant.database,
                        frontend_url=tenant.identity.frontend_url,
                        backend_url=tenant.identity.backend_url,
                        admin_email=tenant.email,
                        admin_first_name="Admin",
                        owner=tenant.owner,
                        identity=asdict(tenant.identity),
                        needs=DEFAULT_NEEDS,
                        certificate="issued",
                        created_at=now,
                        changed_at=now,
                    )
                )

    def _note_applied(self, tenants_file: Path) -> None:
        """What an activation would have noted, by the action that activations use."""
        told = self._folder / "applied.json"
        playbook(
            ROOT / "tests/bench/frame/fingerprints.yml",
            tenants_file=str(tenants_file),
            tenant_registry_url=self.registry_url,
            fingerprints_file=str(told),
        )
        with database.transaction(self.registry_url) as connection:
            table = schema.tenants
            for name, applied in json.loads(told.read_text()).items():
                connection.execute(table.update().where(table.c.name == name).values(applied=applied))


@dataclass(frozen=True)
class _Update:
    """One update of the zone."""

    message: dns.update.UpdateMessage
    hosts: list[str]

    def send(self, lab: Settings) -> None:
        dns.query.tcp(self.message, lab.address, port=lab.ports["dns"], timeout=30)


def _certificate(identity: Identity, key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "of the benchmark")])
    now = datetime.now(timezone.utc)
    hosts = [x509.DNSName(host) for host in (identity.frontend_host, identity.backend_host)]
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=90))
    made = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)
