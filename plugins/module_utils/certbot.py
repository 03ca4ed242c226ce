# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certbot program of the edge host: reading, issuing and deleting one lineage.

certbot never touches nginx here: it only puts files into the webroot that the HTTP server serves.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import acme_problem, certificate_list
from .certificate_list import PRODUCTION, Lineage, check_name
from .certificate_proof import Proof
from .errors import TenantError, tail
from .tools import Outcome, Tools

STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"

_RUN = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+:DEBUG:certbot\._internal\.main:Arguments: .*", re.MULTILINE)
_BUSY = "Another instance of Certbot is already running"
#: Seconds that certbot may take, what it waits for the DNS aside.
_TIMEOUT = 300


@dataclass(frozen=True)
class Request:
    """What is wanted of the authority."""

    lineage: str
    domains: tuple[str, ...]
    server: str
    proof: Proof
    email: str


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
        return certificate_list.read(self.config_dir, name)

    def issue(self, request: Request) -> None:
        """Obtain a certificate, as a new lineage or in place of the present one of that name."""
        check_name(request.lineage)
        for domain in request.domains:
            check_name(domain.removeprefix("*."))
        account = ["--email", request.email] if request.email else ["--register-unsafely-without-email"]
        argv = ["certonly", *request.proof.arguments(), "--server", request.server]
        argv += ["--cert-name", request.lineage, "--agree-tos", "--no-eff-email", *account]
        # The caller has decided that a new certificate is needed.
        argv += ["--force-renewal", "--renew-with-new-domains"]
        # certbot 5.3 and later would run the deploy hook here too, and nginx reload once for each tenant.
        argv += ["--no-directory-hooks"]
        argv += [word for domain in request.domains for word in ("--domain", domain)]
        request.proof.make_ready()
        self._obtain(argv, request.lineage, request.domains, request.server, request.proof)

    def renew(self, lineage: Lineage, proof: Proof) -> None:
        """Replace the certificate by a new one, in the way that certbot remembers of the lineage."""
        # Without a terminal certbot sleeps for up to eight minutes first. Its hooks would run after each lineage.
        argv = ["renew", "--cert-name", lineage.name, "--force-renewal", "--no-random-sleep-on-renew"]
        argv += ["--no-directory-hooks", "--server", lineage.server, "--agree-tos"]
        self._obtain(argv, lineage.name, lineage.certificate.names, lineage.server, proof)

    def delete(self, name: str) -> None:
        """Delete the lineage; the certificate is not revoked."""
        check_name(name)
        outcome = self._run(["delete", "--cert-name", name])
        if outcome.rc != 0:
            raise TenantError(f"certbot could not delete the lineage {name}.", stderr=outcome.output)

    def revoke(self, lineage: Lineage) -> None:
        """Tell the authority that the certificate is not used any more, and delete the lineage."""
        argv = ["revoke", "--cert-name", lineage.name, "--server", lineage.server]
        argv += ["--reason", "cessationofoperation", "--delete-after-revoke"]
        started = _log_time()
        outcome = self._run(argv)
        if outcome.rc != 0:
            problems = acme_problem.problems_in(self._log_of(lineage.name, started))
            what = f"The certificate {lineage.name} was not revoked"
            raise acme_problem.explain(what, problems, outcome.output, lineage.server)

    def version(self) -> str:
        """What certbot calls itself; fails when it is not installed."""
        outcome = self._tools.run([self._command, "--version"], timeout=30)
        if outcome.rc != 0:
            raise TenantError(f"{self._command} --version fails on this host.", stderr=outcome.output)
        return outcome.stdout.strip()

    def require_plugin(self, name: str) -> None:
        """Fail when certbot has no plugin I(name)."""
        with tempfile.TemporaryDirectory() as folder:
            elsewhere = ["--config-dir", folder, "--work-dir", folder, "--logs-dir", folder]
            outcome = self._tools.run([self._command, "plugins", "--non-interactive", *elsewhere], timeout=60)
        if f"* {name}\n" not in f"{outcome.stdout}\n":
            raise TenantError(
                f"{self._command} has no plugin {name} on this host.",
                f"Install it: apt install python3-certbot-{name}, or its snap where certbot is one.",
                stderr=tail(outcome.stderr),
            )

    def _obtain(self, argv: list[str], name: str, domains: Sequence[str], server: str, proof: Proof) -> None:
        """Run certbot to get a certificate, and find out why when there is none."""
        copies = self._copies()
        started = _log_time()
        outcome = self._run(argv, proof.environment, proof.wait)
        for copy in self._copies() - copies:
            copy.unlink()
        if outcome.rc != 0:
            problems = acme_problem.problems_in(self._log_of(name, started))
            what = f"The certificate for {', '.join(domains)} was not issued"
            raise acme_problem.explain(what, problems, outcome.output, server)

    def _run(self, argv: list[str], environment: Mapping[str, str] | None = None, wait: int = 0) -> Outcome:
        """Run certbot, waiting while another certbot of this host holds its lock."""
        end = time.monotonic() + self._lock_timeout
        while True:
            outcome = self._tools.run(
                [self._command, *argv, "--non-interactive", *self._folders],
                {**self._environment, **(environment or {})},
                _TIMEOUT + wait,
            )
            if outcome.rc == 0 or _BUSY not in outcome.output:
                return outcome
            if time.monotonic() > end:
                raise TenantError(
                    f"Another certbot works on this host for more than {self._lock_timeout:g} s.",
                    "Try again when it has ended.",
                )
            time.sleep(1)

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


def _log_time() -> str:
    """This moment, as certbot's log writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


def part_of_run(log: str, argument: str, since: str) -> str:
    """The last part of I(log) that a run with I(argument) began at or after I(since), a local time as logs write it."""
    runs = list(_RUN.finditer(log))
    ends = [run.start() for run in runs[1:]] + [len(log)]
    for run, end in reversed(list(zip(runs, ends))):
        if argument in run.group(0) and run.group(1) >= since:
            return log[run.start() : end]
    return ""
