# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests of a scenario, run by its verify.yml while its machines are there."""

from __future__ import annotations

import os

import pytest
from kit import Scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The scenario that molecule runs, or that SCENARIO names."""
    return Scenario(os.environ.get("MOLECULE_SCENARIO_NAME") or os.environ["SCENARIO"])
