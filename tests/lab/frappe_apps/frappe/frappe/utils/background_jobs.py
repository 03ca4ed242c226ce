# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Background jobs: RQ over Redis, as in Frappe 15. The queues of a bench carry the bench's own name."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from redis import Redis
from rq import Queue, Worker
from rq.job import Job

import frappe
from frappe.utils import get_bench_path

QUEUES = ("short", "default", "long")
RESULT_SECONDS = 600


def enqueue(method: str, queue: str = "default", timeout: int = 300, at_front: bool = False, **kwargs: Any) -> Job:
    """Have a worker call I(method) in this site."""
    waiting = Queue(generate_qname(queue), connection=get_redis_conn())
    call = {"site": frappe.local.site, "user": frappe.session.user, "method": method, "kwargs": kwargs}
    job_id = f"{frappe.local.site}::{uuid4()}"
    return waiting.enqueue_call(
        execute_job, kwargs=call, timeout=timeout, at_front=at_front, result_ttl=RESULT_SECONDS, job_id=job_id
    )


def execute_job(site: str, user: str, method: str, kwargs: dict[str, Any]) -> Any:
    """In a worker: the call, in its site, as its user, in one transaction."""
    frappe.init(site=site, sites_path=".")
    try:
        frappe.connect()
        frappe.set_user(user)
        result = frappe.get_attr(method)(**kwargs)
        frappe.db.commit()
        return result
    finally:
        frappe.destroy()


def start_worker(queue: str | None = None) -> None:
    """Work on these queues, comma-separated, until a signal comes."""
    names = queue.split(",") if queue else QUEUES
    frappe.init(site="", sites_path=".")
    queues = [generate_qname(name) for name in names]
    connection = get_redis_conn()
    frappe.destroy()
    Worker(queues, connection=connection).work(logging_level="WARNING")


def generate_qname(queue: str) -> str:
    return f"{frappe.local.conf.bench_id or get_bench_path().strip('/').replace('/', '-')}:{queue}"


def get_redis_conn() -> Redis:
    return Redis.from_url(frappe.local.conf.redis_queue)
