# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a tenant only on its bench: scheduler, workers, links and the way through the login provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import inside_health
from .bench import Bench, checked_site
from .errors import TenantError
from .health_check import FAIL, PASS, SKIP, WARN, Check
from .http_probe import Client, View

#: What is wanted of each, and what to do when it is not so.
CHECKS = {
    "inside": ("Frappe opens the site", "Run the tenant's provisioning again, or look into the bench's logs."),
    "scheduler": ("scheduled jobs of the site are started", "On the bench host: bench --site {site} enable-scheduler."),
    "schedule": (
        "a process of the bench starts scheduled jobs",
        "On the bench host: supervisorctl status; does 'bench schedule' run? Where it runs on another host, leave schedule out.",
    ),
    "jobs": (
        "workers take jobs from every queue, and one runs the site's",
        "Are the bench's workers running? doctor.yml names the service.",
    ),
    "links": ("links in mails lead to {url}", "Run the tenant's provisioning again: it sets host_name."),
    "oauth": (
        "sign-in leads to the provider as the tenant's client, and back to {url}",
        "Compare tenant_oauth with the client at the provider, then run the tenant's provisioning again.",
    ),
    "provider": (
        "the provider answers the bench, which asks it who signs in",
        "Is the OAuth provider up, and may the bench host reach it? Is the client known there?",
    ),
    "client": (
        "the auth site knows the tenant as a client that leads back to {url} alone",
        "Run the tenant's provisioning again: it makes and mends the OAuth Client.",
    ),
}
#: What is seen in a site that can be opened, and of it what there is only where people sign in through a provider.
OF_SITE = ("scheduler", "schedule", "jobs", "links", "oauth", "provider")
OF_PROVIDER = ("oauth", "provider")

#: What an adopted tenant need not have: its owner chose its address and how people sign in.
_OF_OUR_MAKING = ("links", "oauth", "provider", "client")


@dataclass(frozen=True)
class Wanted:
    """How to look.

    :param password_login: people sign in with passwords, and no provider is needed.
    :param seconds: how long the workers may take to run a job of every site.
    :param left_out: checks that are not made.
    :param ca_file: the authority of the provider's certificate; None for those that the host trusts.
    """

    password_login: bool
    seconds: float
    left_out: list[str]
    ca_file: str | None = None


@dataclass(frozen=True)
class AuthSite:
    """The managed site that people sign in through, when it is on this bench.

    :param site: its name; empty when it is not here.
    :param tenants: its clients, on whichever bench they are.
    """

    site: str = ""
    tenants: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Providers:
    """The login providers that the sites lead to. Each is asked once for each client and address to lead back to."""

    client: Client
    _faults: dict[tuple[str, ...], str] = field(default_factory=dict)

    def fault(self, link: str) -> str:
        """Why the provider does not take people who come by I(link); empty when it does."""
        key = (urlsplit(link).netloc, _asked(link, "client_id"), _asked(link, "redirect_uri"))
        if key not in self._faults:
            self._faults[key] = self._ask(link)
        return self._faults[key]

    def _ask(self, link: str) -> str:
        try:
            answer = self.client.request(link)
        except TenantError as error:
            return f"the provider can't be asked: {error.msg}"
        # It asks people to log in, on its own page or by a redirect to it.
        return "" if answer.status < 400 else f"the provider answers {answer.status}: {answer.excerpt(80)!r}"


@dataclass(frozen=True)
class Fault:
    """What is wrong, or might be; with SKIP why it was not looked at."""

    text: str
    status: str = FAIL


def examine(
    bench: Bench, tenants: list[dict[str, Any]], wanted: Wanted, auth: AuthSite = AuthSite()
) -> list[dict[str, Any]]:
    """Look into the sites of I(tenants), all in one process; C(name) and C(checks) of each, then those of the auth site's clients.

    :param tenants: each with C(name), C(site), C(backend_url) and C(adopted), and with C(authorize_url), C(client_id) and C(redirect_uri) of
        its sign-in, as far as they are known.
    """
    sites = [checked_site(tenant["site"]) for tenant in tenants]
    asked = {"operation": "examine", "sites": sites, "seconds": wanted.seconds, "oauth_site": auth.site}
    seen = bench.call(inside_health, asked)
    providers = Providers(Client(View(ca_file=wanted.ca_file)))
    faults = [(tenant, _of_site(tenant, seen, wanted, providers)) for tenant in tenants]
    faults += [(tenant, {"client": _judged(_wrong_client, seen["clients"], tenant)}) for tenant in auth.tenants]
    return [
        {
            "name": tenant["name"],
            "checks": [
                _check(name, fault, tenant) for name, fault in found.items() if name not in _left_out(tenant, wanted)
            ],
        }
        for tenant, found in faults
    ]


def _of_site(
    tenant: dict[str, Any], seen: dict[str, Any], wanted: Wanted, providers: Providers
) -> dict[str, str | Fault]:
    """What is wrong with each thing of one site; nothing where it is as it should be."""
    site = seen["sites"][tenant["site"]]
    if "error" in site:
        behind = [name for name in OF_SITE if not (wanted.password_login and name in OF_PROVIDER)]
        return {"inside": site["error"], **dict.fromkeys(behind, Fault("not looked at, since inside failed", SKIP))}
    wrong: dict[str, str | Fault] = {
        "inside": "",
        "scheduler": _judged(str, site["scheduler"]),
        "schedule": _judged(_wrong_schedule, seen["schedule"]),
        "jobs": _judged(_wrong_job, site["job"], seen["workers"], wanted.seconds),
        "links": _judged(_wrong_link, site["url"], _url(tenant)),
    }
    if not wanted.password_login:
        wrong["oauth"] = _judged(_wrong_sign_ins, site["sign_in"], tenant)
        if wrong["oauth"]:
            wrong["provider"] = Fault("not looked at, since oauth failed", SKIP)
        elif "provider" not in _left_out(tenant, wanted):
            wrong["provider"] = "; ".join(filter(None, (providers.fault(key["url"]) for key in site["sign_in"])))
    return wrong


def _left_out(tenant: dict[str, Any], wanted: Wanted) -> set[str]:
    return {*wanted.left_out, *(_OF_OUR_MAKING if tenant["adopted"] else ())}


def _judged(judge: Callable[..., str | Fault], *answers: Any) -> str | Fault:
    """What I(judge) says of I(answers), unless inside_health could not find one out."""
    for answer in answers:
        if isinstance(answer, dict) and "unjudged" in answer:
            return f"it can't be judged: {answer['unjudged']}"
    return judge(*answers)


def _check(name: str, fault: str | Fault, tenant: dict[str, Any]) -> dict[str, Any]:
    found = fault if isinstance(fault, Fault) else Fault(fault)
    wish, remedy = (text.format(url=_url(tenant), site=tenant["site"]) for text in CHECKS[name])
    if not found.text:
        return Check(name, PASS, wish, wish).as_dict()
    return Check(name, found.status, found.text, wish, "" if found.status == SKIP else remedy).as_dict()


def _wrong_schedule(fault: str) -> Fault:
    """A warning only: the process may run where its lock can't be seen, as in another container."""
    return Fault(f"no scheduler was seen: {fault}" if fault else "", WARN)


def _wrong_job(status: str, workers: dict[str, list[str]], seconds: float) -> str | Fault:
    deaf = [queue for queue, states in workers.items() if not states]
    if deaf:
        return f"there is no worker for the queues {', '.join(deaf)}"
    if status == "finished":
        return ""
    if status == "queued" and set(workers[inside_health.QUEUE]) == {"busy"}:
        return Fault(f"the workers are busy with other jobs: its job still waits after {seconds:g} s", WARN)
    return f"its job is {status}"


def _wrong_link(seen: str, url: str) -> str:
    return "" if seen.rstrip("/") == url else f"they lead to {seen}"


def _wrong_sign_ins(sign_in: list[dict[str, str]], tenant: dict[str, Any]) -> str:
    if not sign_in:
        return "no Social Login Key is enabled: nobody can sign in"
    wrong = {key["name"]: _wrong_sign_in(key["url"], tenant) for key in sign_in}
    return "; ".join(f"{name}: {fault}" for name, fault in wrong.items() if fault)


def _wrong_sign_in(link: str, tenant: dict[str, Any]) -> str:
    url, target, page = _url(tenant), urlsplit(link), link.partition("?")[0]
    if not target.hostname or target.netloc == urlsplit(url).netloc:
        return f"sign-in leads to {page}, which is no provider"
    if tenant.get("authorize_url") and page != tenant["authorize_url"]:
        return f"sign-in leads to {page}, not to {tenant['authorize_url']}"
    client = _asked(link, "client_id")
    if not client:
        return "sign-in names no client_id"
    if tenant.get("client_id") and client != tenant["client_id"]:
        return f"sign-in names the client {client}, not {tenant['client_id']}"
    back = _asked(link, "redirect_uri")
    return "" if back.startswith(f"{url}/") else f"the provider would send people back to {back or 'nowhere'}"


def _wrong_client(told: dict[str, Any], tenant: dict[str, Any]) -> str:
    clients = {client["client"]: client["redirect_uris"] for client in told["clients"]}
    if tenant["client_id"] not in clients:
        return f"the auth site has no client {tenant['client_id']}: nobody can sign in"
    leads = clients[tenant["client_id"]]
    wrong = [uri for uri in leads if not uri.startswith(f"{_url(tenant)}/")]
    if not wrong and tenant["redirect_uri"] in leads:
        return ""
    return f"the provider would send people back to {', '.join(wrong or leads)}, not to {tenant['redirect_uri']} alone"


def _url(tenant: dict[str, Any]) -> str:
    return str(tenant["backend_url"]).rstrip("/")


def _asked(link: str, name: str) -> str:
    return parse_qs(urlsplit(link).query).get(name, [""])[0]
