# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How certbot proves names to the authority: by a file in a webroot, or by a DNS record through one of its plugins.

A plugin reads its credentials from a file at every renewal, so the file stays as long as a lineage names it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from .certificate_list import check_name
from .errors import TenantError
from .whole_file import write_whole

_FOLDER = "frappe_tenants.credentials"
#: What certbot's reader of credentials can hold without quoting.
_PLAIN = re.compile(r"[A-Za-z0-9_.:@+/=-]+")


class Proof(Protocol):
    """One way to prove names."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of certbot's environment; no secrets."""

    @property
    def wait(self) -> int:
        """Seconds that certbot waits before it asks the authority to look."""

    def arguments(self) -> list[str]:
        """certbot's options."""

    def is_ready(self) -> bool:
        """Whether all is there that certbot reads."""

    def make_ready(self) -> None:
        """Write what certbot reads."""


@dataclass(frozen=True)
class Webroot:
    """HTTP-01: certbot writes files into I(folder), which the HTTP server serves."""

    folder: str
    environment: Mapping[str, str]
    wait: int = 0

    def arguments(self) -> list[str]:
        return ["--webroot", "--webroot-path", self.folder]

    def is_ready(self) -> bool:
        return True

    def make_ready(self) -> None:
        pass


@dataclass(frozen=True)
class DnsPlugin:
    """DNS-01: certbot's plugin publishes records and takes them back.

    :param wait: seconds between publishing and asking the authority to look.
    :param credentials: the file of the plugin's settings, and what it must hold.
    """

    provider: str
    wait: int
    credentials: Path
    content: str
    environment: Mapping[str, str]

    def arguments(self) -> list[str]:
        plugin = f"--dns-{self.provider}"
        return [
            plugin,
            f"{plugin}-credentials",
            str(self.credentials),
            f"{plugin}-propagation-seconds",
            str(self.wait),
        ]

    def is_ready(self) -> bool:
        try:
            safe = self.credentials.stat().st_mode & 0o077 == 0
            return safe and self.credentials.read_text(encoding="utf-8") == self.content
        except FileNotFoundError:
            return False

    def make_ready(self) -> None:
        self.credentials.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.credentials, self.content, 0o600)


def dns_plugin(config_dir: Path, settings: Mapping[str, Any]) -> DnsPlugin:
    """The plugin for the provider that I(settings) name; see the option C(dns) of certbot_certificate."""
    provider = settings["provider"]
    zone = str(settings["zone"] or "").rstrip(".")
    check_name(zone)
    values = _rfc2136(settings) if provider == "rfc2136" else _cloudflare(settings)
    lines = [f"dns_{provider}_{key} = {_plain(provider, key, value)}\n" for key, value in values.items()]
    # The library below certbot's plugin knows no other way to another address of the API.
    environment = {"CLOUDFLARE_API_URL": settings["base_url"]} if settings["base_url"] else {}
    return DnsPlugin(
        provider=provider,
        wait=settings["wait"],
        credentials=config_dir / _FOLDER / f"{provider}-{zone}.ini",
        content="".join(lines),
        environment=environment,
    )


def drop_unused_credentials(config_dir: Path) -> None:
    """Remove the files of credentials that no lineage names any more."""
    kept = list((config_dir / _FOLDER).glob("*.ini"))
    if not kept:
        return
    named = "".join(path.read_text(encoding="utf-8") for path in config_dir.glob("renewal/*.conf"))
    for path in kept:
        if str(path) not in named:
            path.unlink()


def _rfc2136(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "server": _address(settings["server"]),
        "port": settings["port"],
        "name": settings["key_name"],
        "secret": settings["key_secret"],
        "algorithm": settings["key_algorithm"].upper(),
    }


def _cloudflare(settings: Mapping[str, Any]) -> dict[str, Any]:
    if settings["api_token"]:
        return {"api_token": settings["api_token"]}
    return {"email": settings["api_email"], "api_key": settings["api_key"]}


def _plain(provider: str, key: str, value: Any) -> str:
    """The value as the file takes it; the message never holds it, for it may be a secret."""
    text = str(value or "")
    if not _PLAIN.fullmatch(text):
        wrong = "has characters that certbot's file of credentials can't hold" if text else "is missing"
        raise TenantError(f"The DNS credential {key} of {provider} {wrong}.", f"Correct it in dns_{provider}.")
    return text


def _address(server: str | None) -> str:
    """certbot's plugin takes addresses only."""
    try:
        return str(ip_address(server or ""))
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(server, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TenantError(
            f"The DNS server {server!r} for DNS-01 has no address on the edge host: {error.strerror or error}.",
            "Name it by its address in dns_rfc2136.server.",
        ) from error
    # Always the same of several, so that nothing changes from run to run.
    return str(sorted(entry[4][0] for entry in found)[0])
