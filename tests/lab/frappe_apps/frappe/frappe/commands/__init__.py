# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of `bench --site SITE ...`, and the decorator that hands them their sites."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from frappe.exceptions import IncorrectSitePath, SiteNotSpecifiedError
from frappe.types import FrappeDict


def pass_context(function: Callable) -> Callable:
    """Give the command its sites; an unknown site is one line and exit code 1."""

    @functools.wraps(function)
    def command(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(FrappeDict(ctx.obj), *args, **kwargs)
        except SiteNotSpecifiedError as error:
            click.secho(str(error), fg="yellow")
            sys.exit(1)
        except IncorrectSitePath:
            click.secho(f"Site {ctx.obj['sites'][0]} does not exist!", fg="yellow")
            sys.exit(1)

    return click.pass_context(command)


def need_sites(context: FrappeDict) -> list[str]:
    if not context.sites:
        raise SiteNotSpecifiedError
    return context.sites


from frappe.commands import config, operate, scheduler, site, users  # noqa: E402 - they need pass_context

commands = [*site.commands, *config.commands, *operate.commands, *scheduler.commands, *users.commands]
