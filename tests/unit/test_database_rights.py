# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What MariaDB's grants give, where its accounts let somebody in, and what of a person's text could reach its SQL."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils import bench_check
from ansible_collections.frappeops.tenants.plugins.module_utils.database_account import Account, Server
from ansible_collections.frappeops.tenants.plugins.module_utils.database_rights import (
    granting,
    is_root,
    lacking,
    lets_in,
    needless,
    wanted,
)
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.inside_database import hash_of
from ansible_collections.frappeops.tenants.plugins.module_utils.site_place import Database

#: As MariaDB 10.11 tells them.
ENOUGH = [
    "GRANT PROCESS, CREATE USER, CONNECTION ADMIN ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD ''",
    r"GRANT ALL PRIVILEGES ON `tenant\_%`.* TO `a`@`%` WITH GRANT OPTION",
    "GRANT SELECT (`User`, `Host`) ON `mysql`.`user` TO `a`@`%`",
]
ROOT = ["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA unix_socket WITH GRANT OPTION"]
DATABASES = r"ALL PRIVILEGES ON `tenant\_acme\_1%`.*"


class TestRights:
    def test_what_is_granted_as_wanted_lacks_nothing_and_has_nothing_needless(self):
        lines = [granting(right, "`a`@`%`") for right in wanted("tenant_")]
        for grants in (lines, ENOUGH):
            assert lacking(grants, "tenant_") == lacking(grants, "tenant_acme_1") == []
            assert needless(grants, "tenant_") == []
            assert not is_root(grants)

    def test_root_lacks_nothing_and_is_known(self):
        assert lacking(ROOT, "tenant_acme_1") == []
        assert is_root(ROOT)

    def test_an_account_with_nothing_lacks_all(self):
        assert lacking(["GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD ''"], "tenant_") == wanted("tenant_")

    @pytest.mark.parametrize(
        ("line", "missing"),
        [
            ("GRANT PROCESS, CONNECTION ADMIN ON *.* TO `a`@`%`", ["CREATE USER ON *.*"]),
            ("GRANT CREATE USER ON *.* TO `a`@`%`", ["PROCESS ON *.*", "CONNECTION ADMIN ON *.*"]),
        ],
        ids=["create-user", "process"],
    )
    def test_each_right_is_missed(self, line, missing):
        assert lacking([line, *ENOUGH[1:]], "tenant_acme_1") == missing

    @pytest.mark.parametrize(
        "line",
        [
            r"GRANT ALL PRIVILEGES ON `tenant\_%`.* TO `a`@`%`",
            r"GRANT SELECT, INSERT ON `tenant\_%`.* TO `a`@`%` WITH GRANT OPTION",
            r"GRANT ALL PRIVILEGES ON `other\_%`.* TO `a`@`%` WITH GRANT OPTION",
            r"GRANT ALL PRIVILEGES ON `tenant\_acme\_1`.`one_table` TO `a`@`%` WITH GRANT OPTION",
        ],
        ids=["no-grant-option", "not-all", "other-databases", "one-table"],
    )
    def test_rights_on_the_databases_must_be_whole(self, line):
        assert lacking([ENOUGH[0], line, ENOUGH[2]], "tenant_acme_1") == [DATABASES]

    @pytest.mark.parametrize(
        "line",
        ["GRANT SELECT ON `mysql`.* TO `a`@`%`", "GRANT SELECT ON *.* TO `a`@`%`"],
        ids=["schema", "everything"],
    )
    def test_more_than_is_needed_is_enough_and_is_told(self, line):
        assert lacking([*ENOUGH[:2], line], "tenant_") == []
        assert needless([*ENOUGH, line], "tenant_") == [line.removeprefix("GRANT ").partition(" TO ")[0]]

    def test_one_column_of_the_accounts_is_too_few(self):
        assert lacking([*ENOUGH[:2], "GRANT SELECT (`User`) ON `mysql`.`user` TO `a`@`%`"], "tenant_") == [
            "SELECT (`Host`, `User`) ON `mysql`.`user`"
        ]


class TestHosts:
    @pytest.mark.parametrize(
        ("pattern", "host", "fits"),
        [
            ("localhost", "localhost", True),
            ("localhost", "127.0.0.1", False),
            ("%", "127.0.0.1", True),
            ("10.0.0.%", "10.0.0.11", True),
            ("10.0.0.%", "10.0.1.11", False),
            ("10.0.0.0/255.255.255.0", "10.0.0.11", True),
            ("10.0.0.0/255.255.255.0", "10.0.1.11", False),
            ("10.0.0.0/255.255.255.0", "localhost", False),
            ("%.example.com", "bench1.example.com", True),
        ],
    )
    def test_who_is_let_in(self, pattern, host, fits):
        assert lets_in(pattern, host) is fits

    @given(st.text(), st.text())
    def test_whatever_is_asked_there_is_an_answer(self, pattern, host):
        assert lets_in(pattern, host) in (True, False)


class TestProblems:
    """What the bench's check makes of a server's answers."""

    FOUND = {"version": "10.11", "grants": ENOUGH, "host": "127.0.0.1", "anonymous": [], "refuses_hashes": False}

    @pytest.mark.parametrize(
        ("found", "user_host", "said"),
        [
            ({"grants": ENOUGH[:1]}, None, "lacks SELECT (`Host`, `User`) ON `mysql`.`user`; ALL PRIVILEGES ON"),
            ({}, "10.0.0.%", "let in from 10.0.0.%, but the server sees this bench come from 127.0.0.1"),
            ({"anonymous": ["127.0.0.1"]}, "%", "DROP USER ''@'127.0.0.1';"),
            ({"refuses_hashes": True}, None, "SET GLOBAL strict_password_validation = OFF"),
        ],
        ids=["rights", "scope", "anonymous", "validation"],
    )
    def test_each_is_told_with_its_remedy(self, found, user_host, said):
        database = Database("tenant_acme_1", {"user": "a"}, user_host)
        [problem] = bench_check.database_problems({**self.FOUND, **found}, database)
        assert said in problem

    @pytest.mark.parametrize("user_host", [None, "%", "127.0.0.1"])
    def test_there_may_be_none(self, user_host):
        found = {**self.FOUND, "anonymous": [] if user_host == "%" else ["127.0.0.1"]}
        assert list(bench_check.database_problems(found, Database("tenant_acme_1", {"user": "a"}, user_host))) == []


class TestAccount:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"name": "root"}, "root is an account of MariaDB itself"),
            ({"name": "x'; DROP"}, "is no name of an account"),
            ({"name": ""}, "is no name of an account"),
            ({"prefix": "%"}, "is no prefix of databases"),
            ({"hosts": ["a'@'b"]}, "is no host of an account"),
            ({"password": ""}, "needs a password"),
        ],
        ids=["root", "sql", "empty", "everything", "host", "no-password"],
    )
    def test_what_can_not_be_one_is_refused(self, given, said):
        good = {"name": "a", "password": "x", "hosts": ["%"], "prefix": "tenant_"}
        with pytest.raises(TenantError, match=said):
            Account(Server("mariadb", {}), **{**good, **given})

    @given(st.text(min_size=1))
    def test_of_a_password_the_server_sees_a_hash_only(self, password):
        hashed = hash_of(password)
        assert len(hashed) == 41
        assert set(hashed[1:]) <= set("0123456789ABCDEF")
        inner = hashlib.sha1(password.encode("utf-8", "surrogatepass")).digest()
        assert hashed == "*" + hashlib.sha1(inner).hexdigest().upper()
