# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs print when they fail, without the secrets in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.masking import MASK, masked

#: As generated passwords are: letters, digits, - and _.
SECRETS = st.text("ABCdef0123456789_-", min_size=8, max_size=40).filter(lambda text: text[0] not in "-_")


@pytest.mark.parametrize(
    "printed",
    [
        "mariadb --user=t_acme --host=db --password={} t_acme",
        "pv dump.sql | mariadb -u t_acme -h db -p{} t_acme",
        "bench new-site x --db-root-password {} --force",
        "CREATE USER 't_acme'@'%' IDENTIFIED BY '{}'",
        "ALTER USER 't'@'%' IDENTIFIED BY PASSWORD '{}'",
        '{{"db_name": "t_acme", "db_password": "{}", "db_type": "mariadb"}}',
        "{{'encryption_key': '{}', 'host_name': 'https://api.acme.example.com'}}",
        "client_secret={}&grant_type=authorization_code",
        "Authorization: Bearer {}",
        "Authorization: token key:{}",
        "mariadb://ops:{}@db.example.com/registry",
        "admin_password: {}",
    ],
)
@given(secret=SECRETS)
def test_a_secret_is_masked_and_the_rest_stays(printed, secret):
    shown = masked(printed.format(secret))
    assert secret not in shown
    assert MASK in shown
    assert shown.startswith(printed.format("")[:5])


@pytest.mark.parametrize(
    "printed",
    [
        "Site api.acme.example.com already exists",
        "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on '127.0.0.1'\")",
        "Login with username and password is not allowed.",
        "ModuleNotFoundError: No module named 'x'",
        "mkdir -p /srv/bench",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(printed):
    assert masked(printed) == printed


@given(st.text())
def test_any_text_passes(text):
    masked(text)
