# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that a bench's supervisor runs for each worker."""

from __future__ import annotations

import click


@click.command("worker")
@click.option("--queue", help="Queues to work on, comma-separated; all by default")
def start_worker(queue: str | None) -> None:
    # Only a worker needs RQ.
    from frappe.utils.background_jobs import start_worker

    start_worker(queue)


commands = [start_worker]
