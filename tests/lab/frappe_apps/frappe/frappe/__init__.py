# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for Frappe 15: the functions that the collection, the commands and the other apps call as `frappe.x`.

Everything that belongs to one site or one request lives in `frappe.local`; the other modules hold the behaviour.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.local import Local

from frappe import config as _config
from frappe.exceptions import *  # noqa: F403 - frappe.ValidationError and so on are part of the contract
from frappe.exceptions import AuthenticationError, DoesNotExistError, PermissionError, ValidationError
from frappe.types import FrappeDict as _dict

__version__ = "15.92.0"
STANDARD_USERS = ("Guest", "Administrator")

local = Local()
db = local("db")
conf = local("conf")
form_dict = local("form_dict")
session = local("session")
response = local("response")
request = local("request")
flags = local("flags")
message_log = local("message_log")
cache = local("cache")

whitelisted: set[Callable] = set()
guest_methods: set[Callable] = set()
allowed_http_methods: dict[Callable, list[str]] = {}


# --- one site at a time ------------------------------------------------------------------------------------------------


def init(site: str, sites_path: str = ".", new_site: bool = False, force: bool = False) -> None:
    """Select a site: read its config, forget everything about the one before."""
    if getattr(local, "initialised", None) and not force and not new_site and local.site == site:
        return
    local.site = site
    local.sites_path = sites_path
    local.site_path = os.path.join(sites_path, site)
    local.flags = _dict(new_site=new_site)
    local.conf = _config.site_config(sites_path, site, new_site)
    local.form_dict = _dict()
    local.session = _dict(user="Guest", data=_dict())
    local.response = _dict(docs=[])
    local.message_log = []
    local.debug_log = []
    local.error_log = []
    local.role_cache = {}
    local.meta_cache = {}
    local.lang = "en"
    from frappe.redis_cache import SiteCache

    local.cache = SiteCache(local.conf)
    local.initialised = True


def connect(site: str | None = None, db_name: str | None = None, set_admin_as_user: bool = True) -> None:
    """Log in to the site's database as the site's own user, whose name is the database's."""
    if site:
        init(site)
    from frappe.database import Database

    assert db_name or local.conf.db_name, "site must be fully initialized, db_name missing"
    assert local.conf.db_password, "site must be fully initialized, db_password missing"
    log_line("database.log", "")  # Frappe opens its logs here, and fails without their folders
    name = local.conf.db_name or db_name
    local.db = Database(user=name, password=local.conf.db_password, db_name=name)
    if set_admin_as_user:
        set_user("Administrator")


def destroy() -> None:
    if getattr(local, "db", None):
        local.db.close()
    for name in list(dict(iter(local))):
        delattr(local, name)


class init_site:  # noqa: N801 - the name is Frappe's
    """`with frappe.init_site(site):`"""

    def __init__(self, site: str | None = None) -> None:
        self.site = site or ""

    def __enter__(self) -> Local:
        init(self.site)
        return local

    def __exit__(self, *_exc: object) -> None:
        destroy()


def get_site_config(sites_path: str | None = None, site_path: str | None = None) -> _dict:
    return _config.site_config(sites_path or local.sites_path, os.path.basename(site_path or local.site_path))


def get_conf(site: str | None = None) -> _dict:
    if getattr(local, "initialised", None):
        return local.conf
    with init_site(site):
        return local.conf


def get_site_path(*parts: str) -> str:
    return os.path.join(local.site_path, *parts)


def set_user(username: str) -> None:
    local.session = _dict(user=username, sid=username, data=_dict())
    local.role_cache = {}


def clear_cache(user: str | None = None, doctype: str | None = None) -> None:
    local.cache.delete_keys("")
    local.meta_cache = {}
    local.role_cache = {}


def log_line(log_file: str, line: str) -> None:
    """Append to a log of the bench and to the site's own.

    The first path is relative to sites/, so another cwd fails; the second fails without the site's logs/. Both as in Frappe.
    """
    from frappe.utils import now

    for folder in (os.path.join("..", "logs"), get_site_path("logs")):
        with open(os.path.join(folder, log_file), "a", encoding="utf-8") as handle:
            handle.write(f"{now()} {line}\n" if line else "")


# --- apps and hooks ----------------------------------------------------------------------------------------------------


def get_all_apps(with_internal_apps: bool = True, sites_path: str | None = None) -> list[str]:
    """Apps of the bench: apps.txt, frappe first."""
    path = os.path.join(sites_path or getattr(local, "sites_path", "."), "apps.txt")
    if not os.path.exists(path):
        return ["frappe"]
    with open(path, encoding="utf-8") as handle:
        apps = [line.strip() for line in handle if line.strip()]
    return ["frappe", *[app for app in apps if app != "frappe"]]


def get_installed_apps() -> list[str]:
    """Apps of the site, from its database."""
    if not getattr(local, "db", None):
        return ["frappe"]
    return json.loads(local.db.get_global("installed_apps") or "[]")


def get_hooks(hook: str | None = None, default: Any = None, app_name: str | None = None) -> Any:
    """All values of a hook in the installed apps, or all hooks of one app."""
    if app_name:
        module = importlib.import_module(f"{app_name}.hooks")
        return _dict({key: value for key, value in vars(module).items() if not key.startswith("_")})
    values: list = []
    for app in get_installed_apps():
        value = getattr(importlib.import_module(f"{app}.hooks"), hook, None)
        values.extend(value if isinstance(value, list) else [value] if value else [])
    return values or (default if default is not None else [])


def get_attr(path: str) -> Any:
    module, _dot, attribute = path.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


# --- messages and errors -----------------------------------------------------------------------------------------------


def _(text: str, *_args: object) -> str:  # pylint: disable=disallowed-name
    return text


def msgprint(msg: str, title: str | None = None, raise_exception: type[Exception] | None = None, **more: Any) -> None:
    local.message_log.append(_dict(message=msg, title=title or "Message", **more))
    if raise_exception:
        raise raise_exception(msg)


def throw(msg: str, exc: type[Exception] = ValidationError, title: str | None = None, **more: Any) -> None:
    msgprint(msg, title=title, raise_exception=exc, indicator="red", **more)


def clear_messages() -> None:
    local.message_log = []


def clear_last_message() -> None:
    if local.message_log:
        local.message_log.pop()


# --- methods callable over HTTP ----------------------------------------------------------------------------------------


def whitelist(allow_guest: bool = False, methods: Iterable[str] | None = None, **_more: Any) -> Callable:
    def decorate(function: Callable) -> Callable:
        whitelisted.add(function)
        allowed_http_methods[function] = list(methods or ("GET", "POST", "PUT", "DELETE"))
        if allow_guest:
            guest_methods.add(function)
        return function

    return decorate


def is_whitelisted(method: Callable) -> None:
    if method not in whitelisted or (session.user == "Guest" and method not in guest_methods):
        throw(f"Function {method.__module__}.{method.__name__} is not whitelisted.", PermissionError)


def call(function: Callable | str, *args: Any, **kwargs: Any) -> Any:
    """Call with those of the arguments that the function knows."""
    import inspect

    function = get_attr(function) if isinstance(function, str) else function
    parameters = inspect.signature(function).parameters
    if not any(p.kind == p.VAR_KEYWORD for p in parameters.values()):
        kwargs = {key: value for key, value in kwargs.items() if key in parameters}
    return function(*args, **kwargs)


@whitelist(allow_guest=True)
def ping() -> str:
    return "pong"


def enqueue(*args: Any, **kwargs: Any) -> Any:
    """Have a worker do it; see utils/background_jobs.py."""
    from frappe.utils.background_jobs import enqueue as queue_job

    return queue_job(*args, **kwargs)


# --- documents ---------------------------------------------------------------------------------------------------------


def get_meta(doctype: str) -> Any:
    from frappe.model.meta import load

    return load(doctype)


def get_doc(*args: Any, **kwargs: Any) -> Any:
    from frappe.model.document import get_doc

    return get_doc(*args, **kwargs)


def new_doc(doctype: str, **values: Any) -> Any:
    from frappe.model.document import new_doc

    return new_doc(doctype, **values)


def get_single(doctype: str) -> Any:
    return get_doc(doctype, doctype)


def delete_doc(
    doctype: str, name: str, ignore_permissions: bool = False, ignore_missing: bool = True, **kw: Any
) -> None:
    if not db.exists(doctype, name):
        if ignore_missing:
            return
        throw(f"{doctype} {name} not found", DoesNotExistError)
    get_doc(doctype, name).delete(ignore_permissions=ignore_permissions)


def delete_doc_if_exists(doctype: str, name: str, force: int = 0) -> None:
    delete_doc(doctype, name, ignore_missing=True)


def get_all(doctype: str, filters: Any = None, fields: Any = None, **kwargs: Any) -> list:
    """Documents without asking for permission; `fields` as list, `pluck` for one column."""
    from frappe.database.query import select

    return select(doctype, filters=filters, fields=fields, **kwargs)


def get_list(doctype: str, filters: Any = None, fields: Any = None, **kwargs: Any) -> list:
    """Documents that the user may read."""
    has_permission(doctype, "read", throw=True)
    return get_all(doctype, filters, fields, **kwargs)


def get_value(*args: Any, **kwargs: Any) -> Any:
    return db.get_value(*args, **kwargs)


def get_cached_value(doctype: str, name: str, fieldname: Any = "name", as_dict: bool = False) -> Any:
    return db.get_value(doctype, name, fieldname, as_dict=as_dict)


def get_cached_doc(*args: Any, **kwargs: Any) -> Any:
    return get_doc(*args, **kwargs)


def get_system_settings(key: str) -> Any:
    return db.get_single_value("System Settings", key)


def get_website_settings(key: str) -> Any:
    return db.get_single_value("Website Settings", key)


def is_setup_complete() -> bool:
    """Whether the setup wizard is done, or was never needed, in those apps that have one."""
    wanted = {"app_name": ["in", ["frappe", "erpnext"]]}
    return all(get_all("Installed Application", wanted, pluck="is_setup_complete"))


def get_roles(username: str | None = None) -> list[str]:
    from frappe.permissions import get_roles

    return get_roles(username)


def has_permission(doctype: str, ptype: str = "read", doc: Any = None, user: str | None = None, **kwargs: Any) -> bool:
    from frappe.permissions import has_permission

    return has_permission(doctype, ptype, doc=doc, user=user, throw_error=bool(kwargs.get("throw")))


def only_for(roles: str | Iterable[str]) -> None:
    wanted = {roles} if isinstance(roles, str) else set(roles)
    if session.user != "Administrator" and not wanted & set(get_roles()):
        throw(f"This action is only allowed for {', '.join(sorted(wanted))}", PermissionError, "Not Permitted")


# --- small helpers -----------------------------------------------------------------------------------------------------


def generate_hash(txt: str | None = None, length: int = 56) -> str:
    return secrets.token_hex(length)[:length]


def scrub(text: str) -> str:
    return text.replace(" ", "_").replace("-", "_").lower()


def parse_json(value: Any) -> Any:
    if isinstance(value, str):
        value = json.loads(value)
    return _dict(value) if isinstance(value, dict) else value


def as_json(value: Any, indent: int = 1) -> str:
    from frappe.utils.response import json_default

    return json.dumps(value, indent=indent, sort_keys=True, default=json_default, separators=(",", ": "))


def get_request_header(key: str, default: str | None = None) -> str | None:
    current = getattr(local, "request", None)
    return current.headers.get(key, default) if current is not None else default


def get_traceback(with_context: bool = False) -> str:
    import traceback

    return traceback.format_exc()


def log_error(title: str | None = None, message: str | None = None, **_more: Any) -> None:
    log_line("frappe.log", f"{title}: {message or get_traceback()}")


__all__ = ["AuthenticationError", "DoesNotExistError", "PermissionError", "ValidationError", "local"]
