# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certbot program of the edge host: reading, issuing and deleting one lineage.

certbot never touches nginx here: it only puts files into the webroot that the HTTP server serves.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from . import acme_problem, certificate_file
from .certificate_file import Certificate
from .errors import TenantError
from .tools import Outcome, Tools

PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_RUN = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+:DEBUG:certbot\._internal\.main:Arguments: .*", re.MULTILINE)
_BUSY = "Another instance of Certbot is already running"
_ISSUE_TIMEOUT = 300


@dataclass(frozen=True)
class Request:
    """What is wanted of the authority."""

    lineage: str
    domains: tuple[str, ...]
    server: str
    webroot: str
    email: str


@dataclass(frozen=True)
class Lineage:
    """A certificate that certbot keeps, and the authority that it came from."""

    name: str
    server: str
    fullchain: str
    privkey: str
    certificate: Certificate


def check_name(name: str) -> None:
    """Refuse a lineage name or domain that could become another path or option."""
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise TenantError(f"{name!r} is not a host name in lower case, so it is no name for a certificate.")


def directory_url(acme_directory: str, staging: bool) -> str:
    """The authority's directory that the two options mean."""
    if staging and acme_directory:
        raise TenantError(
            f"staging means Let's Encrypt's own servers and cannot be combined with the ACME directory {acme_directory}.",
            "Set certificate_staging or certificate_acme_directory, not both.",
        )
    return acme_directory or (STAGING if staging else PRODUCTION)


class Certbot:
    """One installation of certbot with its folders."""

    def __init__(
        self,
        tools: Tools,
        command: str,
        config_dir: str,
        work_dir: str,
        logs_dir: str,
        ca_file: str = "",
        lock_timeout: float = 300,
    ) -> None:
        self._tools = tools
        self._command = command
        self.config_dir = Path(config_dir)
        self._logs_dir = Path(logs_dir)
        self._folders = ["--config-dir", config_dir, "--work-dir", work_dir, "--logs-dir", logs_dir]
        # Only the environment reaches the library below certbot.
        self._environment = {"REQUESTS_CA_BUNDLE": ca_file} if ca_file else {}
        self._lock_timeout = lock_timeout

    def lineage(self, name: str) -> Lineage | None:
        """The lineage called I(name), or None."""
        check_name(name)
        settings = self._settings(name)
        if settings is None:
            return None
        fullchain = str(self.config_dir / "live" / name / "fullchain.pem")
        return Lineage(
            name=name,
            server=settings.get("server", PRODUCTION),
            fullchain=fullchain,
            privkey=str(self.config_dir / "live" / name / "privkey.pem"),
            certificate=certificate_file.read(self._tools, fullchain),
        )

    def issue(self, request: Request) -> None:
        """Obtain a certificate, as a new lineage or in place of the present one of that name."""
        check_name(request.lineage)
        for domain in request.domains:
            check_name(domain)
        account = ["--email", request.email] if request.email else ["--register-unsafely-without-email"]
        argv = ["certonly", "--webroot", "--webroot-path", request.webroot, "--server", request.server]
        argv += ["--cert-name", request.lineage, "--agree-tos", "--no-eff-email", *account]
        # The caller has decided that a new certificate is needed.
        argv += ["--force-renewal", "--renew-with-new-domains"]
        argv += [word for domain in request.domains for word in ("--domain", domain)]
        copies = self._copies()
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        outcome = self._run(argv)
        for copy in self._copies() - copies:
            copy.unlink()
        if outcome.rc != 0:
            problems = acme_problem.problems_in(self._log_of(request.lineage, started))
            what = f"The certificate for {', '.join(request.domains)}"
            raise acme_problem.explain(what, problems, outcome.output, request.server)

    def delete(self, name: str) -> None:
        """Delete the lineage; the certificate is not revoked."""
        check_name(name)
        outcome = self._run(["delete", "--cert-name", name])
        if outcome.rc != 0:
            raise TenantError(f"certbot could not delete the lineage {name}.", stderr=outcome.output)

    def version(self) -> str:
        """What certbot calls itself; fails when it is not installed."""
        outcome = self._tools.run([self._command, "--version"], timeout=30)
        if outcome.rc != 0:
            raise TenantError(f"{self._command} --version fails on this host.", stderr=outcome.output)
        return outcome.stdout.strip()

    def _run(self, argv: list[str]) -> Outcome:
        """Run certbot, waiting while another certbot of this host holds its lock."""
        end = time.monotonic() + self._lock_timeout
        while True:
            outcome = self._tools.run(
                [self._command, *argv, "--non-interactive", *self._folders], self._environment, _ISSUE_TIMEOUT
            )
            if outcome.rc == 0 or _BUSY not in outcome.output:
                return outcome
            if time.monotonic() > end:
                raise TenantError(
                    f"Another certbot works on this host for more than {self._lock_timeout:g} s.",
                    "Try again when it has ended.",
                )
            time.sleep(1)

    def _settings(self, name: str) -> dict[str, str] | None:
        """The C(key = value) lines of the renewal file, or None without one."""
        path = self.config_dir / "renewal" / f"{name}.conf"
        if not path.is_file():
            return None
        return dict(re.findall(r"^(\w+) = (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))

    def _copies(self) -> set[Path]:
        """certbot's second copies of keys and requests: nothing reads them and C(delete) forgets them."""
        return {*self.config_dir.glob("keys/*_key-certbot.pem"), *self.config_dir.glob("csr/*_csr-certbot.pem")}

    def _log_of(self, lineage: str, since: str) -> str:
        """What our run wrote. Debian's certbot appends to one log, others move the log of each earlier run to C(.1)."""
        for name in ("letsencrypt.log", "letsencrypt.log.1"):
            path = self._logs_dir / name
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            found = part_of_run(text, f"'--cert-name', '{lineage}'", since)
            if found:
                return found
        return ""


def part_of_run(log: str, argument: str, since: str) -> str:
    """The last part of I(log) that a run with I(argument) began at or after I(since), a local time as logs write it."""
    runs = list(_RUN.finditer(log))
    ends = [run.start() for run in runs[1:]] + [len(log)]
    for run, end in reversed(list(zip(runs, ends))):
        if argument in run.group(0) and run.group(1) >= since:
            return log[run.start() : end]
    return ""
