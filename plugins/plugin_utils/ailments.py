# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ailments that keep a tenant from being made or from working, recognised by what was said of them.

The only place that knows them: provision tells of a failure by it, and so does doctor. What was said are our own messages,
and those of bench, MariaDB, nginx, certbot and the system, which come to us as they are.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.masking import masked

#: Evidence is for people: a line, not a page.
_LONGEST_EVIDENCE = 240


@dataclass(frozen=True)
class Sign:
    """One way in which an ailment shows.

    :param words: a pattern of what is said then.
    :param cause: what this means.
    :param remedy: what a person can do.
    :param done: what provision does about it by itself, because it can do no harm; empty for nothing.
    :param vague: whether any other sign explains more.
    """

    words: str
    cause: str
    remedy: str
    done: str = ""
    vague: bool = False


@dataclass(frozen=True)
class Ailment:
    """One of the ten, with its signs, those that say most first."""

    name: str
    title: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Diagnosis:
    """An ailment that was recognised.

    :param number: its number in the documentation, from 1.
    :param evidence: the line that it was recognised by.
    """

    number: int
    name: str
    title: str
    cause: str
    evidence: str
    remedy: str
    done: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


#: Of servers that a tenant does not run on: they say what such a one would say, and tell their own remedy.
_OF_OTHERS = re.compile(
    r"Mail server \S+ port \d+|The registry \S+ (?:can't be used|was busy|has schema)|Webhook \S+ did not take"
)

_UNDONE = "What this run made is taken back; nothing of others is touched."
_PORT_CAUSE = "A program that is not the wanted one listens there."
_PORT_REMEDY = "Stop that program yourself, or give one of the two another port. It is never stopped for you."

#: In the order of the documentation, which numbers them from 1.
AILMENTS = (
    Ailment(
        "site_exists",
        "the site can't be created",
        (
            Sign(
                r"database (?:or user )?\S+ (?:already exists|exists already)",
                "There is a database or database user of this name that this provisioning did not make.",
                "Run again: a new tenant gets another database name. Whose the old one is, audit.yml tells; it is never dropped.",
                _UNDONE,
            ),
            Sign(
                r"site \S+ already exists",
                "The bench has a site of this name that this provisioning did not make.",
                "Take the site over with adopt.yml, remove it if it is nobody's, or choose another tenant name.",
                _UNDONE,
            ),
            Sign(
                r"was complete and is \S+ now|complete by its mark, but does not list frappe",
                "The site was whole and has lost its folder, its mark or its tables.",
                "Restore it from a backup; nothing makes it anew over what is left.",
            ),
            Sign(
                r"'bench new-site [^']*' failed",
                "bench could not fill the new site.",
                "The last lines of bench's own output stand above.",
                "A half-made site of an earlier run is thrown away and made anew.",
                vague=True,
            ),
        ),
    ),
    Ailment(
        "app_missing",
        "an app is missing or can't be installed",
        (
            Sign(
                r"does not have the apps? |version of the app \S+ can't be read|no bench has the apps"
                r"|ModuleNotFoundError: No module named|app \S+ is not installed",
                "The plan wants an app that the bench does not have, or whose Python packages are not installed.",
                "On the bench host: bench get-app APP and bench setup requirements; or choose another plan.",
                "Looked at before anything is made.",
            ),
            Sign(
                r"DuplicateEntryError|'bench [^']*install-app [^']*' failed|could not install",
                "The app's own installation failed.",
                "Install it on a test site of this bench to see why. A site where it was cut off needs: bench --site SITE "
                "install-app APP --force.",
                _UNDONE,
                vague=True,
            ),
        ),
    ),
    Ailment(
        "nginx_invalid",
        "nginx refuses its configuration",
        (
            Sign(
                r"already broken, and not by us",
                "nginx's live configuration is broken, by a file that is not ours.",
                "Mend the file that is named (nginx -t shows the same). Until then no reload works, for anybody.",
                "Nothing is published. nginx goes on with what it has loaded.",
            ),
            Sign(
                r"nginx refuses the candidate|can't be written into nginx's configuration",
                "The tenant's own nginx file is not accepted.",
                "The line is named. Look at proxy_* variables and your own snippets for it.",
                "The candidate was tested aside: the live configuration was never touched.",
            ),
            Sign(
                r"nginx does not run|nginx refused to reload|nginx was told to reload|which all tenants share, is not there"
                r"|does not include \S+, so nginx would never read",
                "nginx does not run, or was not prepared for tenants.",
                "systemctl status nginx, then its error log; prepare the edge with edge.yml.",
                vague=True,
            ),
        ),
    ),
    Ailment(
        "certificate_refused",
        "the certificate can't be had",
        (
            Sign(
                r"rate limit|rateLimited|gives no more before|too many (?:certificates|failed)",
                "The authority's rate limit is reached.",
                "Wait until the time that it names; try with certificate_staging: true; use tls_plan: shared; or let tenants go live "
                "over HTTP meanwhile (certificate_required: false), certificates.yml brings them to HTTPS.",
                "The ledger asks no authority that would refuse.",
            ),
            Sign(
                r"authority \S+ can(?:'|no)t be reached|is not trusted\.|not as the directory of an ACME",
                "The certificate authority is away, or can't be reached from the edge.",
                "Check its status page, and the edge's DNS, firewall and clock. Meanwhile certificate_required: false lets tenants "
                "go live over HTTP.",
                "Looked at before anything is made.",
            ),
            Sign(
                r"did not find the challenge",
                "The authority asked for the name and did not come to this edge: the record is not there yet for it, or port 80 is closed.",
                "Ask from elsewhere: dig +trace NAME, curl http://NAME/.well-known/acme-challenge/x. Then run again.",
                "Every name server of the zone is asked first.",
            ),
            Sign(
                r"CAA records? ",
                "A CAA record forbids this authority.",
                "Add the authority to the domain's CAA records.",
                "Looked at before anything is made.",
            ),
            Sign(
                r"was not issued|certbot",
                "certbot failed.",
                "certbot's own words stand above; its log has the whole exchange.",
                _UNDONE,
                vague=True,
            ),
        ),
    ),
    Ailment(
        "dns_not_spread",
        "the names do not lead here (yet)",
        (
            Sign(
                r"do not answer \S+ (?:A|AAAA|CNAME)|its copy of the zone is old",
                "The record is in the zone, and not all of its name servers answer with it.",
                "Look at the server that is named: it lags behind, or was forgotten. dns_timeout gives it more time.",
                "Every name server is asked again until dns_timeout.",
            ),
            Sign(
                r"does not resolve|has no address \(|can't be looked up|no name server of",
                "The name does not resolve where it was asked.",
                'Is the record in the zone, and is the zone delegated? A resolver keeps its "no such name" for the zone\'s negative TTL.',
                "No resolver is asked before the zone's own servers agree.",
                vague=True,
            ),
            Sign(
                r"the names lead to",
                "The names lead to other addresses than they should.",
                "Correct the records, or tenant_addresses.",
            ),
        ),
    ),
    Ailment(
        "backend_down",
        "the backend does not answer",
        (
            Sign(
                r"the bench behind it is not|web service at \S+ does not answer|\bweb at \S+ does not answer",
                "nginx answers for the tenant with 502: the bench's web service is down.",
                "On the bench host: supervisorctl status; doctor.yml -e doctor_restart=true restarts exactly the service that is down.",
                "It is asked again until verify_timeout.",
            ),
            Sign(
                r"redis\S* at \S+ does not answer",
                "A Redis of the bench is down: no cache, no background jobs.",
                "On the bench host: supervisorctl status; doctor.yml -e doctor_restart=true restarts exactly the service that is down.",
            ),
            Sign(
                r"\bno workers?\b|its job is \w+|background job (?:\S+ )*was not run|socketio at \S+ does not answer",
                "A service of the bench beside the web server is down.",
                "On the bench host: supervisorctl status; doctor.yml -e doctor_restart=true restarts exactly the service that is down.",
            ),
            Sign(
                r"the frontend \S+ answers 50[24]",
                "nginx reaches the backend, and not the frontend.",
                "Start the frontend's service, and look at proxy_frontend_upstream.",
                "It is asked again until verify_timeout.",
            ),
            Sign(
                r"the bench has no site|the site is half made|maintenance mode",
                "The bench answers, but not for this site.",
                "The message names which: the site is missing, half made or in maintenance.",
                "It is asked again until verify_timeout.",
            ),
            Sign(
                r"can't be reached: .*(?:\bssh\b|remote host|connection plugin)",
                "Ansible can't log in to that host: it is away, or ssh or a firewall refuses.",
                "ansible -m ping HOST shows the same. When it is back, run the same command again: it goes on where it stopped.",
                "What was made before stays, and its journal with it.",
            ),
            Sign(
                r"refused the connection|did not answer within|can't be reached",
                "Nothing answers at that address.",
                "See that the server runs, and that no firewall is in between.",
                vague=True,
            ),
        ),
    ),
    Ailment(
        "oauth_wrong",
        "the OAuth provider or its client is missing or wrong",
        (
            Sign(
                r"tenant_oauth lacks",
                "No provider is configured that people could sign in with.",
                "Set tenant_oauth (provider_name, base_url, client_id, client_secret), or tenant_login: password.",
                "Looked at before anything is made.",
            ),
            Sign(
                r"the provider (?:can't be asked|answers|would send)|sign-in (?:leads|names)|nobody can sign in|invalid_client",
                "The way through the provider does not lead where it should, or the provider does not answer the bench.",
                "Compare tenant_oauth with the client at the provider: address, client id, and the redirect URI of this very tenant. "
                "Provisioning again writes it into the site.",
            ),
        ),
    ),
    Ailment(
        "database_access",
        "the database can't be reached, or a right is missing",
        (
            Sign(
                r"\(1045|access denied for user",
                "The database server knows the account, and not this password or this host.",
                "Correct admin_user and admin_password in frappe_database; bench_host.yml makes the account with its rights.",
            ),
            Sign(
                r"\(1044|\(1142|\(1227|command denied to user|may not create users|database administrator \S+ lacks"
                r"|database user would be let in|user without a name|strict_password",
                "The database account lacks a right, or the server would not let the site's own user in.",
                "Let bench_host.yml grant it, or do it by hand: docs/bench_host.md.",
            ),
            Sign(
                r"\(200[236]|can't connect to (?:mysql|mariadb|server|local)|lost connection to|server has gone away"
                r"|the database server at \S+ (?:refuses|does not answer)",
                "The database server does not run, does not listen there, hangs, or was cut off.",
                "On its host: systemctl status mariadb, and its error log; then host, port or socket in frappe_database.",
                "Looked at before anything is made. " + _UNDONE,
            ),
        ),
    ),
    Ailment(
        "disk_full",
        "a disk is full",
        (
            Sign(
                r"no space left on device|disk quota exceeded|errno:? 28|the table \S+ is full|has \d+ MB free",
                "A disk has no room, or less than a tenant needs.",
                "Make room on that host (old backups, logs, archived sites), or make the disk larger.",
                "Looked at before anything is made. " + _UNDONE,
            ),
            Sign(
                r"has \d+ inodes free",
                "The file system can take no more files, although there may be room on it.",
                "Find the folder with very many small files (often sessions, mail or logs) and empty it.",
                "Looked at before anything is made.",
            ),
        ),
    ),
    Ailment(
        "port_taken",
        "another program has the port",
        (
            Sign(
                r"not this nginx: the port \d+ is held by",
                _PORT_CAUSE,
                _PORT_REMEDY,
                "Looked at before anything is made.",
            ),
            Sign(
                r"address already in use|port \d+ (?:\S+ )*is held by",
                _PORT_CAUSE,
                _PORT_REMEDY,
                "nginx goes on with its former configuration, and the tenant's files are taken back.",
            ),
        ),
    ),
)


def recognise(*texts: str) -> Diagnosis | None:
    """The ailment that I(texts) tell of; None when it is none of the ten.

    :param texts: what was said, most telling first: the message, then the tool's output. An earlier line tells more.
    """
    lines = [line for text in texts for line in text.splitlines() if not _OF_OTHERS.search(line)]
    found = [
        (sign.vague, place, number, ailment, sign, line)
        for place, line in enumerate(lines)
        for number, ailment in enumerate(AILMENTS, start=1)
        for sign in ailment.signs
        if re.search(sign.words, line, re.IGNORECASE)
    ]
    if not found:
        return None
    _vague, _place, number, ailment, sign, line = min(found, key=lambda each: each[:2])
    evidence = masked(" ".join(line.split()))[:_LONGEST_EVIDENCE]
    return Diagnosis(number, ailment.name, ailment.title, sign.cause, evidence, sign.remedy, sign.done)


def recognise_each(problems: list[str], output: str = "") -> list[Diagnosis]:
    """The ailments of several things that are wrong at once, each once."""
    found: dict[str, Diagnosis] = {}
    for problem in problems:
        known = recognise(problem, output)
        if known:
            found.setdefault(known.cause, known)
    return list(found.values())
