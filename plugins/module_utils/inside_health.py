# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks into the sites of a bench, as only Frappe itself can. Runs in the bench's Python; see inside.py.

One process looks into all sites. The jobs of all are queued before the first is waited for, so that many sites take little
longer than one. What can't be found out is C({"unjudged": why}) in the place of the answer, and hides nothing else.
"""

from __future__ import annotations

import os
import time

# This file is imported as a part of the collection, and run as a script beside inside.py.
try:
    from .inside import in_site, serve
    from .inside_queue import hearers
    from .inside_site import oauth_clients
except ImportError:
    from inside import in_site, serve  # type: ignore[no-redef]
    from inside_queue import hearers  # type: ignore[no-redef]
    from inside_site import oauth_clients  # type: ignore[no-redef]

_PAUSE = 0.1
#: The queue that each site's job is put into.
QUEUE = "short"


def examine(sites, seconds, oauth_site=""):
    """What Frappe says of the bench and of each site.

    :param seconds: how long the workers may take to run a job of every site.
    :param oauth_site: a site through which people sign in to others; its clients are told.
    :returns: C(sites), by name, each with C(error) or with C(scheduler), C(url), C(sign_in) and C(job); C(workers), as of
        inside_queue.hearers; C(schedule), the fault of the process that starts scheduled jobs; C(clients) of the auth site.
    """
    workers = _tried(_workers)
    seen, jobs = {}, {}
    for site in sites:
        try:
            with in_site(site) as frappe:
                looks = {"scheduler": _scheduler, "url": _url, "sign_in": _sign_in}
                seen[site] = {name: _tried(look, frappe) for name, look in looks.items()}
                seen[site]["job"] = ""
                # No job is left where nobody takes it, and a queue that is away is not waited for once per site.
                if workers.get(QUEUE):
                    jobs[site] = _tried(frappe.enqueue, "frappe.ping", queue=QUEUE, at_front=True)
        except Exception as error:  # one broken site must not hide the others
            seen[site] = {"error": _told(error)}
    end = time.monotonic() + seconds
    for site, job in jobs.items():
        seen[site]["job"] = job if isinstance(job, dict) else _tried(_outcome, job, end)
    if any(site.get("job") == "queued" for site in seen.values()):
        # What kept them from it?
        workers = _tried(_workers)
    clients = _tried(oauth_clients, oauth_site) if oauth_site else {}
    return {"sites": seen, "workers": workers, "schedule": _tried(_schedule), "clients": clients}


def _tried(look, *arguments, **named):
    try:
        return look(*arguments, **named)
    except Exception as error:  # whatever it is, the other answers are told
        return {"unjudged": _told(error)}


def _told(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _workers():
    import frappe
    from frappe.utils.background_jobs import get_redis_conn

    frappe.init(site="", sites_path=".")
    try:
        return hearers(get_redis_conn())
    finally:
        frappe.destroy()


def _scheduler(frappe):
    """Why no scheduled job would run; empty when they do."""
    from frappe.utils.scheduler import is_scheduler_disabled

    if frappe.local.conf.maintenance_mode:
        return "the site is in maintenance mode"
    if frappe.local.conf.pause_scheduler:
        return "it is paused (pause_scheduler in site_config.json)"
    return "it is off (System Settings, or disable_scheduler in a configuration)" if is_scheduler_disabled() else ""


def _schedule():
    """Why no process was seen that starts the bench's scheduled jobs; empty when one was.

    C(bench schedule) holds a lock on this file. It is only looked for, since one who tries the lock would stop a scheduler
    that is just being started.
    """
    lock = os.path.abspath(os.path.join("..", "config", "scheduler_process"))
    try:
        inode = os.stat(lock).st_ino
    except FileNotFoundError:
        return f"nothing has ever held {lock}"
    with open("/proc/locks", encoding="ascii") as locks:
        held = [line.split() for line in locks]
    # For example: 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
    return "" if any(str(inode) in field.split(":")[2:] for line in held for field in line) else f"nobody holds {lock}"


def _url(frappe):
    return frappe.utils.get_url()


def _sign_in(frappe):
    """For each enabled login key the link that the login page would lead to."""
    from frappe.utils.oauth import get_oauth2_authorize_url

    keys = frappe.get_all("Social Login Key", filters={"enable_social_login": 1}, fields=["name"])
    return [{"name": key["name"], "url": get_oauth2_authorize_url(key["name"], "/")} for key in keys]


def _outcome(job, end):
    """What became of the job: C(finished) when a worker ran it. Nothing of it stays in the queue."""
    while True:
        status = str(getattr(job.get_status(), "value", job.get_status()))
        if status in ("finished", "failed") or time.monotonic() > end:
            break
        time.sleep(_PAUSE)
    job.delete()
    return status


if __name__ == "__main__":
    serve({"examine": examine})
