# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan's limits as keys of site_config.json."""

from __future__ import annotations

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.site_config import merged
from ansible_collections.frappeops.tenants.plugins.module_utils.site_limits import LIMITS_ARGUMENT, config_of

NONE = dict.fromkeys(LIMITS_ARGUMENT["options"])


def test_a_limit_that_the_plan_has_no_more_is_taken_out():
    config = merged({"max_file_size": 1, "host_name": "x"}, config_of({**NONE, "max_queued_jobs": 5}))
    assert config == {"host_name": "x", "max_queued_jobs": 5}


def test_without_limits_nothing_is_touched():
    assert config_of(None) == {}


def test_a_switch_is_written_as_bench_writes_it():
    assert config_of({**NONE, "deny_multiple_sessions": False})["deny_multiple_sessions"] == 0


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_file_size": 0}, "max_file_size is 0"),
        ({"rate_limit": {"limit": 10, "window": -1}}, "rate_limit.window is -1"),
    ],
)
def test_what_would_lock_a_tenant_out_is_refused(limits, named):
    with pytest.raises(TenantError, match=f"The limit {named}: it must be at least 1"):
        config_of({**NONE, **limits})
