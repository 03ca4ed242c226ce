# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run pebble, and make what it left behind at its last run fit its new self.

Pebble 2.4 keeps everything in memory and can't be given an identity: at each start it has a new root, no accounts and no
orders (its README, "CA Root and Intermediate Certificates"; cmd/pebble has no option for it). Certificates of earlier runs are
on disk and in nginx, where they are as good as before: real authorities change their roots too. So:

- acme/ca.pem is a bundle: the root of the running pebble first, then those of earlier runs. Earlier certificates go on to
  verify, nginx finds the files that it names, and nothing is issued again for no reason.
- certbot's accounts are removed, and forgotten by the lineages: pebble would not know them. certbot then registers anew at its
  next call, which must carry an e-mail address and --agree-tos.

This runs whenever pebble starts, also when supervisor starts it again after a crash.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.files import write
from lab.packages import find
from lab.parts.pebble import configuration_file
from lab.settings import Settings
from lab.web import get

# No waiting before a validation, no made-up errors, no validation reused: the lab is to be quick and always the same.
ENVIRONMENT = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
SECONDS_TO_START = 20
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


def main() -> int:
    settings = Settings.load()
    forget_accounts(settings.letsencrypt / "config")
    pebble = subprocess.Popen(
        [
            find("pebble"),
            "-strict",
            "-config",
            str(configuration_file(settings.lab_dir)),
            "-dnsserver",
            f"{settings.address}:{settings.ports['dns']}",
        ],
        env={**os.environ, **ENVIRONMENT},
    )
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: pebble.terminate())
    root = fetch_root(settings, pebble)
    if root is not None:
        add_root(settings.acme_roots, root)
    return pebble.wait()


def fetch_root(settings: Settings, pebble: subprocess.Popen[bytes]) -> str | None:
    """The new root, from the management port; None when pebble ended before it answered."""
    deadline = time.monotonic() + SECONDS_TO_START
    while pebble.poll() is None and time.monotonic() < deadline:
        try:
            status, text = get(
                settings.address, settings.ports["acme_management"], "/roots/0", trust=settings.directory_ca
            )
        except OSError:
            status = 0
        if status == 200:
            return text
        time.sleep(0.05)
    pebble.terminate()
    return None


def add_root(bundle: Path, root: str) -> None:
    """Put the root before the others that the bundle holds."""
    earlier = _CERTIFICATE.findall(bundle.read_text(encoding="ascii")) if bundle.exists() else []
    roots = [root.strip(), *(one.strip() for one in earlier if one.strip() != root.strip())]
    write(bundle, "".join(f"{one}\n" for one in roots))


def forget_accounts(config: Path) -> None:
    """Remove certbot's accounts, and the lines of its lineages that name them."""
    shutil.rmtree(config / "accounts", ignore_errors=True)
    for lineage in (config / "renewal").glob("*.conf"):
        lines = lineage.read_text(encoding="utf-8").splitlines(keepends=True)
        write(lineage, "".join(line for line in lines if not line.startswith("account = ")), mode=0o600)


if __name__ == "__main__":
    sys.exit(main())
