# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What MariaDB's clients read of the option file that they are given."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.client_options import client_options

PROGRAM = shutil.which("my_print_defaults")


@pytest.mark.skipif(PROGRAM is None, reason="not installed: my_print_defaults (mariadb-client)")
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@example('a"b#c')
@example("a'b#c")
@example('\\"#\n[client]\nhost=elsewhere')
def test_a_password_is_read_as_it_is_and_nothing_else_by_it(password):
    read = subprocess.run(
        [PROGRAM, "--defaults-file=/dev/stdin", "client"],
        input=client_options({"user": "ada", "password": password}).encode(),
        capture_output=True,
        check=True,
    )
    assert read.stdout == f"--user=ada\n--password={password}\n".encode()


def test_what_has_no_value_is_left_to_the_client():
    assert client_options({"socket": None, "user": "ada"}) == '[client]\nuser="ada"\n'
