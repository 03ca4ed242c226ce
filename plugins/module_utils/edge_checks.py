# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with an edge host before anything is made on it. Only looks."""

from __future__ import annotations

import json
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .certbot import Certbot
from .disk_room import require_room
from .errors import TenantError
from .nginx import Nginx
from .nginx_live import live_fault
from .nginx_publish import owner_of

MIN_FREE_MB = 50
MIN_FREE_INODES = 1_000
_CA_TIMEOUT = 15
_UPSTREAM_TIMEOUT = 5


@dataclass(frozen=True)
class Finding:
    """One thing that would stop a provisioning later."""

    item: str
    problem: str
    remedy: str


def findings(checks: dict[str, Callable[[], None]]) -> list[Finding]:
    """Make every check; none keeps the others from being made."""
    found = []
    for item, check in checks.items():
        try:
            check()
        except TenantError as error:
            found.append(Finding(item, error.msg, error.remedy))
    return found


def nginx_runs_well(nginx: Nginx) -> None:
    nginx.require_running()
    fault = live_fault(nginx)
    if fault is not None:
        raise TenantError(
            f"nginx's live configuration is already broken, and not by us: {fault}.",
            "Mend it (nginx -t shows the same), then run again.",
        )


def ports_are_free_for(nginx: Nginx, ports: list[int]) -> None:
    """Nobody but this nginx listens on the tenants' ports."""
    taken = nginx.taken_ports(ports)
    if taken:
        raise TenantError(
            f"Not this nginx: {'; '.join(taken)}.",
            "Stop that program, or give it or nginx (tenant_http_port, tenant_https_port) another port.",
        )


def upstreams_answer(upstreams: list[str]) -> None:
    """The web service of each bench takes connections: without it nginx answers 502."""
    for upstream in upstreams:
        host, _colon, port = upstream.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_UPSTREAM_TIMEOUT).close()
        except (OSError, ValueError) as error:
            raise TenantError(
                f"The bench's web service at {upstream} does not answer: {getattr(error, 'strerror', None) or error}.",
                "nginx would answer 502. Start it on the bench host: supervisorctl status.",
            ) from error


def edge_is_prepared(shared_config: str) -> None:
    """The role edge_host has written what all tenants share."""
    if not owner_of(Path(shared_config)):
        raise TenantError(
            f"{shared_config}, which all tenants share, is not there.", "Prepare the edge: run the playbook edge.yml."
        )


def disks_have_room(folders: list[str]) -> None:
    """nginx's files and certbot's can be written: some KB for each tenant, and logs."""
    for folder in folders:
        there = next(path for path in [Path(folder), *Path(folder).parents] if path.is_dir())
        require_room(there, "the edge", MIN_FREE_MB, MIN_FREE_INODES)


def certbot_is_there(certbot: Certbot, plugin: str) -> None:
    certbot.version()
    if plugin:
        certbot.require_plugin(plugin)


def webroot_is_writable(webroot: str) -> None:
    if not os.path.isdir(webroot):
        raise TenantError(f"The webroot {webroot} does not exist.", "Prepare the edge: run the playbook edge.yml.")
    if not os.access(webroot, os.W_OK):
        raise TenantError(f"The webroot {webroot} is not writable.", "Give this host's user the right to write there.")


def authority_answers(directory: str, ca_file: str) -> None:
    """The ACME directory (RFC 8555 7.1.1) can be read from here."""
    if ca_file and not os.path.isfile(ca_file):
        raise TenantError(
            f"The root file of the authority, {ca_file}, does not exist.", "Correct certificate_acme_ca_file."
        )
    try:
        trust = ssl.create_default_context(cafile=ca_file or None)
        with urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust)).open(
            directory, timeout=_CA_TIMEOUT
        ) as answer:
            known = json.load(answer)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TenantError(
            f"The certificate authority {directory} cannot be reached from the edge: {reason}.",
            "Check the address, DNS, firewall and proxy of the edge host; a private authority needs certificate_acme_ca_file.",
        ) from error
    if not isinstance(known, dict) or "newOrder" not in known:
        raise TenantError(
            f"{directory} answers, but not as the directory of an ACME authority.", "Correct its address."
        )
