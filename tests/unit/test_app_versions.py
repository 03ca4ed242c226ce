# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of apps, read from folders as benches have them."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.frappeops.tenants.plugins.module_utils.app_versions import app_versions
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError


@pytest.fixture
def bench(tmp_path):
    add_app(tmp_path, "frappe", "15.92.0")
    return tmp_path


def add_app(bench, name, version, hooks="app_name = 'x'\n"):
    folder = bench / "apps" / name / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f'import os\n__version__ = "{version}"\n')
    (folder / "hooks.py").write_text(hooks)


def commit(folder):
    git = ["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@y.test", "-c", "commit.gpgsign=false"]
    subprocess.run([*git[:3], "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def test_frappe_is_always_among_them(bench):
    assert app_versions(bench, []) == {"frappe": "15.92.0"}


def test_a_checkout_has_its_commit(bench):
    head = commit(bench / "apps" / "frappe")
    assert app_versions(bench, []) == {"frappe": f"15.92.0 {head[:12]}"}


def test_the_commit_of_a_folder_above_is_not_the_apps(bench):
    commit(bench)
    assert app_versions(bench, []) == {"frappe": "15.92.0"}


def test_what_an_app_requires_counts_too(bench):
    add_app(bench, "hrms", "15.1.0", 'app_name = "hrms"\nrequired_apps = ["frappe/erpnext"]\n')
    add_app(bench, "erpnext", "15.92.1", "required_apps = []\n")
    assert app_versions(bench, ["hrms"]) == {"frappe": "15.92.0", "hrms": "15.1.0", "erpnext": "15.92.1"}


def test_hooks_that_are_no_python_require_nothing(bench):
    add_app(bench, "odd", "1", "required_apps = [f(]\n")
    assert app_versions(bench, ["odd"]) == {"frappe": "15.92.0", "odd": "1"}


def test_an_app_that_is_not_there_is_told(bench):
    with pytest.raises(TenantError, match="The version of the app hrms can't be read"):
        app_versions(bench, ["hrms"])


@pytest.mark.parametrize("name", ["../x", "", "a b", "A"])
def test_a_name_that_is_none_is_refused(bench, name):
    with pytest.raises(TenantError, match="is not an app name"):
        app_versions(bench, [name])
