# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a bench's queues, by the client that the bench has anyway. Runs in the bench's Python; see inside.py.

Frappe's workers are those of RQ, which keeps them in the set C(rq:workers), each with a key that lives as long as the
worker shows signs of life. Benches may share a Redis: the names of a bench's queues begin with its own.
"""

from __future__ import annotations

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import serve
except ImportError:
    from inside import serve  # type: ignore[no-redef]

#: Those that Frappe itself uses.
QUEUES = ("short", "default", "long")


def workers(url):
    """C(workers): what L(hearers) tells; None when the queue can't be asked."""
    import frappe
    import redis

    frappe.init(site="", sites_path=".")
    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
    try:
        return {"workers": hearers(client)}
    except redis.exceptions.RedisError:
        return {"workers": None}


def hearers(client):
    """For each queue of the bench the state of each live worker that takes its jobs, such as C(idle) or C(busy)."""
    from frappe.utils.background_jobs import generate_qname

    known = [client.hmget(key, "queues", "state") for key in client.smembers("rq:workers")]
    alive = [(queues.decode().split(","), (state or b"").decode()) for queues, state in known if queues]
    return {queue: [state for names, state in alive if generate_qname(queue) in names] for queue in QUEUES}


if __name__ == "__main__":
    serve({"workers": workers})
