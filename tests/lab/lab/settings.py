# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lab's parts live, and on which address and ports they listen.

The ports stand in one file that Ansible reads too: inventory/lab/group_vars/all/ports.yml. A test host (molecule/) that
runs some of the parts says which, on which address, and names another such file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from lab.errors import LabError

ROOT = Path(__file__).resolve().parents[3]
PORTS_FILE = ROOT / "inventory" / "lab" / "group_vars" / "all" / "ports.yml"

ADDRESS = "127.0.0.1"
ZONES = ("tenants.test", "wild.test")
TSIG_KEY = "frappeops-tenants."
DATABASE_ADMIN = "frappe_tenants"
SMTP_USER = "lab"
CLOUDFLARE_ZONE = "tenants.test"
CLOUDFLARE_EMAIL = "ops@tenants.test"

# The kernel takes no longer path for a Unix socket (sun_path, unix(7)).
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class Settings:
    """One lab: its folder, its ports, and what is where in the folder."""

    lab_dir: Path
    ports: Mapping[str, int]
    address: str = ADDRESS
    root: Path = ROOT
    given_bench: Path | None = None
    #: The names of the parts that are wanted; none means all.
    parts: tuple[str, ...] = ()
    #: The address of a secondary name server that copies the zones from the lab's.
    secondary: str | None = None

    @classmethod
    def load(cls) -> Settings:
        """The lab that the environment asks for.

        LAB_DIR (default C(.lab)), LAB_BENCH (default: a bench of our own), LAB_ADDRESS (default C(127.0.0.1)), LAB_PORTS (a
        file like ports.yml, the default), LAB_PARTS (names with commas between; default: all) and LAB_SECONDARY (the address
        of a secondary name server; default: there is none).
        """
        given = os.environ.get
        bench = given("LAB_BENCH")
        return cls(
            lab_dir=Path(given("LAB_DIR") or ROOT / ".lab").absolute(),
            ports=read_ports(Path(given("LAB_PORTS") or PORTS_FILE)),
            address=given("LAB_ADDRESS") or ADDRESS,
            given_bench=Path(bench).absolute() if bench else None,
            parts=tuple(filter(None, given("LAB_PARTS", "").split(","))),
            secondary=given("LAB_SECONDARY") or None,
        )

    @property
    def bench(self) -> Path:
        return self.given_bench or self.lab_dir / "bench"

    @property
    def second_bench(self) -> Path:
        return self.lab_dir / "bench-2"

    def of_second_bench(self) -> Settings:
        """The same lab with the second bench in the place of the first."""
        return replace(
            self, given_bench=self.second_bench, ports={**self.ports, "gunicorn": self.ports["second_gunicorn"]}
        )

    @property
    def is_foreign_bench(self) -> bool:
        """Whether the operator gave us a bench: then the lab serves it, and changes nothing in it."""
        return self.given_bench is not None

    @property
    def mariadb_socket(self) -> Path:
        return self.lab_dir / "mariadb" / "mariadb.sock"

    @property
    def nginx(self) -> Path:
        return self.lab_dir / "nginx"

    @property
    def letsencrypt(self) -> Path:
        return self.lab_dir / "letsencrypt"

    @property
    def acme_roots(self) -> Path:
        """The roots that the lab's certificates lead to; see servers/pebble.py for why there are several."""
        return self.lab_dir / "acme" / "ca.pem"

    @property
    def directory_ca(self) -> Path:
        """The authority of the lab's own servers: pebble's directory, the mail catcher."""
        return self.lab_dir / "acme" / "directory-ca.pem"

    @property
    def mail(self) -> Path:
        return self.lab_dir / "mail"

    @property
    def supervisor_socket(self) -> Path:
        return self.lab_dir / "supervisor" / "supervisor.sock"

    def secret_file(self, name: str) -> Path:
        return self.lab_dir / "secrets" / name

    def secret(self, name: str) -> str:
        return self.secret_file(name).read_text(encoding="utf-8").strip()

    def log(self, name: str) -> Path:
        return self.lab_dir / "logs" / f"{name}.log"

    def check_path_length(self) -> None:
        """Refuse a folder so deep that no socket can be made in it, before anything is made."""
        longest = max(len(str(path)) for path in (self.mariadb_socket, self.supervisor_socket))
        if longest > LONGEST_SOCKET_PATH:
            raise LabError(
                f"The lab's folder {self.lab_dir} has too long a path: a Unix socket in it would have {longest} "
                f"characters, {LONGEST_SOCKET_PATH} are possible.",
                "Give it a shorter one: LAB_DIR=~/lab make lab-up",
            )


def read_ports(path: Path) -> dict[str, int]:
    """The port of each part, by its name."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["lab_ports"])
