# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's program does in the bench's own Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from benchkit import Site

NewSite = Callable[[], Site]
ADA = "ada@acceptance.test"
MAKE_ADA = f"""
user = frappe.get_doc({{"doctype": "User", "email": "{ADA}", "first_name": "Ada", "enabled": 1,
    "send_welcome_email": 0, "user_type": "System User", "roles": [{{"role": "System Manager"}}]}})
user.insert(ignore_permissions=True)
"""


@pytest.fixture
def ada(site: Site) -> Iterator[str]:
    """The tenant's administrator, for one test."""
    site.python(MAKE_ADA)
    yield ADA
    site.python(f"frappe.delete_doc('User', '{ADA}', ignore_permissions=True)")


def test_what_is_at_hand(site: Site) -> None:
    answer = site.python(
        "answer = [frappe.local.site, frappe.conf.db_name, frappe.session.user, frappe.get_installed_apps()]"
    )
    assert answer == [site.name, site.db_name, "Administrator", ["frappe"]]


def test_another_working_directory_fails(site: Site) -> None:
    """Log files are looked for relative to sites/."""
    import subprocess

    code = f"import frappe; frappe.init(site='{site.name}', sites_path='{site.bench.sites}'); frappe.connect(); frappe.db.sql('CREATE TABLE x (i INT)')"
    done = subprocess.run([site.bench.python, "-c", code], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_an_unknown_site_is_an_error(site: Site) -> None:
    done = site.process(
        "import frappe.exceptions\nfrappe.destroy()\nfrappe.init(site='acceptance-none.test', sites_path='.')"
    )
    assert done.returncode != 0
    assert "acceptance-none.test does not exist" in done.stderr


def test_system_settings_of_a_fresh_site_need_language_and_time_zone(site: Site) -> None:
    answer = site.python(
        """
for field in ("language", "time_zone"):
    frappe.db.set_single_value("System Settings", field, None)
try:
    frappe.get_doc("System Settings").save()
except frappe.MandatoryError as error:
    answer = str(error)
frappe.db.rollback()
"""
    )
    assert "language" in answer
    assert "time_zone" in answer


def test_settings_are_saved_and_read_back(site: Site) -> None:
    answer = site.python(
        """
settings = frappe.get_doc("System Settings")
settings.update({"country": "United States", "time_zone": "America/New_York", "language": "en"})
settings.save()
answer = [frappe.db.get_single_value("System Settings", key) for key in ("country", "time_zone", "enable_scheduler")]
"""
    )
    assert answer == ["United States", "America/New_York", 0]


def test_an_unknown_country_is_refused(site: Site) -> None:
    answer = site.python(
        """
settings = frappe.get_doc("System Settings")
settings.country = "Nowhere Land"
try:
    settings.save()
except frappe.LinkValidationError as error:
    answer = str(error)
frappe.db.rollback()
"""
    )
    assert "Nowhere Land" in answer


def test_a_wrong_choice_is_refused(site: Site) -> None:
    answer = site.python(
        """
settings = frappe.get_doc("System Settings")
settings.date_format = "never"
try:
    settings.save()
except frappe.ValidationError as error:
    answer = str(error)
frappe.db.rollback()
"""
    )
    assert "never" in answer


def test_meta_tells_a_single_doctype_and_its_fields(site: Site) -> None:
    answer = site.python(
        """
settings, user = frappe.get_meta("System Settings"), frappe.get_meta("User")
answer = [settings.issingle, user.issingle, bool(settings.get_field("country")), settings.get_field("nothing"),
    settings.get_field("language").reqd, settings.get_field("country").fieldtype, settings.get_field("country").options]
"""
    )
    assert answer == [1, 0, True, None, 1, "Link", "Country"]


def test_an_unknown_doctype_or_document_does_not_exist(site: Site) -> None:
    answer = site.python(
        """
answer = []
for arguments in (("User", "nobody@acceptance.test"), ("No Such Doctype", "x")):
    try:
        frappe.get_doc(*arguments)
    except frappe.DoesNotExistError:
        answer.append("missing")
    except ImportError:
        answer.append("missing")
answer.append(frappe.db.exists("User", "nobody@acceptance.test"))
"""
    )
    assert answer == ["missing", "missing", None]


def test_a_user_with_a_desk_role_is_a_system_user(site: Site, ada: str) -> None:
    answer = site.python(
        f"answer = [frappe.db.get_value('User', '{ada}', ['user_type', 'enabled', 'full_name']), frappe.get_roles('{ada}')]"
    )
    assert answer[0] == ["System User", 1, "Ada"]
    assert "System Manager" in answer[1]


def test_a_system_user_without_roles_becomes_a_website_user(site: Site) -> None:
    answer = site.python(
        """
user = frappe.get_doc({"doctype": "User", "email": "bob@acceptance.test", "first_name": "Bob",
    "send_welcome_email": 0, "user_type": "System User"}).insert(ignore_permissions=True)
answer = user.user_type
frappe.delete_doc("User", user.name, ignore_permissions=True)
"""
    )
    assert answer == "Website User"


def test_roles_can_be_added(site: Site, ada: str) -> None:
    answer = site.python(
        f"user = frappe.get_doc('User', '{ada}'); user.add_roles('Website Manager'); answer = frappe.get_roles('{ada}')"
    )
    assert {"System Manager", "Website Manager"} <= set(answer)


def test_an_unknown_role_is_refused(site: Site, ada: str) -> None:
    answer = site.python(
        f"""
try:
    frappe.get_doc('User', '{ada}').add_roles('No Such Role')
    answer = "accepted"
except frappe.LinkValidationError:
    answer = "refused"
frappe.db.rollback()
"""
    )
    assert answer == "refused"


def test_the_same_user_twice_is_a_duplicate(site: Site, ada: str) -> None:
    answer = site.python(
        f"""
try:
    {MAKE_ADA.strip().replace(chr(10), chr(10) + "    ")}
except frappe.DuplicateEntryError:
    answer = "duplicate"
frappe.db.rollback()
"""
    )
    assert answer == "duplicate"


def test_a_mail_address_must_be_one(site: Site) -> None:
    answer = site.python(
        """
try:
    frappe.get_doc({"doctype": "User", "email": "no address", "first_name": "X", "send_welcome_email": 0}).insert()
except frappe.ValidationError as error:
    answer = type(error).__name__
frappe.db.rollback()
"""
    )
    assert answer == "InvalidEmailAddressError"


@pytest.mark.parametrize(
    ("config", "start"),
    [
        ({}, "http://{site}:8123/update-password?key="),
        ({"host_name": "https://api.acme.example.com:8443"}, "https://api.acme.example.com:8443/update-password?key="),
        # The trap: a host name without a port gets the web server's, unless the bench says that it is in production.
        ({"host_name": "https://api.acme.example.com"}, "https://api.acme.example.com:8123/update-password?key="),
        (
            {"host_name": "https://api.acme.example.com", "restart_supervisor_on_update": 1},
            "https://api.acme.example.com/update-password?key=",
        ),
        (
            {"host_name": "https://api.acme.example.com", "restart_systemd_on_update": 1},
            "https://api.acme.example.com/update-password?key=",
        ),
    ],
)
def test_where_the_reset_link_points(site: Site, ada: str, config: dict, start: str) -> None:
    development = {"webserver_port": 8123, "restart_supervisor_on_update": 0, "restart_systemd_on_update": 0}
    link = site.python(
        f"frappe.local.conf.update(payload['config'])\n"
        f"answer = frappe.get_doc('User', '{ada}').reset_password(send_email=False)",
        config=development | config,
    )
    assert link.startswith(start.format(site=site.name))


def test_update_site_config_writes_the_file_and_keeps_its_mode(site: Site) -> None:
    site.python("from frappe.installer import update_site_config\nupdate_site_config('acceptance_number', 5)")
    assert site.config["acceptance_number"] == 5
    assert site.config_file.stat().st_mode & 0o777 == 0o600


def test_passwords_are_checked_against_what_was_set(site: Site, ada: str) -> None:
    answer = site.python(
        f"""
from frappe.utils.password import check_password, update_password
update_password("{ada}", "Right-1-password")
answer = [check_password("{ada}", "Right-1-password")]
try:
    check_password("{ada}", "Wrong-1-password")
except frappe.AuthenticationError:
    answer.append("wrong")
"""
    )
    assert answer == [ada, "wrong"]


def test_a_stored_secret_is_encrypted_with_the_key_of_the_config(site: Site, ada: str) -> None:
    """The key is written at the first use; with another key the secret cannot be read."""
    answer = site.python(
        f"""
from cryptography.fernet import Fernet
from frappe.core.doctype.user.user import generate_keys
from frappe.utils.password import get_decrypted_password
keys = generate_keys("{ada}")
secret = keys["api_secret"] if isinstance(keys, dict) else keys
answer = [secret, get_decrypted_password("User", "{ada}", "api_secret"),
    frappe.db.sql("SELECT password, encrypted FROM __Auth WHERE name=%s AND fieldname='api_secret'", "{ada}")]
frappe.local.conf.encryption_key = Fernet.generate_key().decode()
try:
    get_decrypted_password("User", "{ada}", "api_secret")
except frappe.ValidationError:
    answer.append("unreadable")
"""
    )
    assert answer[0] == answer[1]
    assert answer[2][0][1] == 1
    assert answer[0] not in answer[2][0][0]
    assert answer[3] == "unreadable"
    assert site.config["encryption_key"]


def test_messages_are_collected(site: Site) -> None:
    answer = site.python(
        """
try:
    frappe.throw("the reason")
except frappe.ValidationError as error:
    answer = [str(error), str(frappe.local.message_log[-1])]
"""
    )
    assert answer[0] == "the reason"
    assert "the reason" in answer[1]


def test_documents_come_back_as_they_were_written(site: Site) -> None:
    answer = site.python(
        """
note = frappe.new_doc("Note")
note.update({"title": "Seed", "content": "first", "public": 1})
note.insert(ignore_permissions=True)
note.content = "second"
note.save()
answer = [frappe.get_doc("Note", note.name).as_dict()["content"],
    frappe.get_all("Note", filters={"title": "Seed"}, fields=["title", "public"]),
    frappe.db.get_value("Note", {"title": "Seed"}, "content")]
frappe.delete_doc("Note", note.name, ignore_permissions=True)
answer.append(frappe.db.exists("Note", note.name))
"""
    )
    assert answer == ["second", [{"title": "Seed", "public": 1}], "second", None]


def test_without_filters_no_document_is_found_and_with_empty_ones_any(site: Site) -> None:
    answer = site.python(
        """
note = frappe.get_doc({"doctype": "Note", "title": "There"}).insert()
answer = [frappe.db.exists("Note", None), bool(frappe.db.exists("Note", {})), frappe.db.exists("Note", note.name) == note.name]
frappe.delete_doc("Note", note.name)
"""
    )
    assert answer == [None, True, True]


def test_html_is_stored_as_frappe_sanitizes_it(site: Site) -> None:
    answer = site.python(
        """
from frappe.utils.html_utils import sanitize_html
given = '<p>Welcome</p><script>alert(1)</script>'
note = frappe.get_doc({"doctype": "Note", "title": "HTML", "content": given}).insert()
stored = frappe.db.get_value("Note", note.name, "content")
answer = [stored == given, stored == sanitize_html(given, linkify=True), stored == sanitize_html(stored, linkify=True)]
frappe.delete_doc("Note", note.name)
"""
    )
    assert answer == [False, True, True]


def test_an_oauth_client_gets_its_id(site: Site) -> None:
    answer = site.python(
        """
client = frappe.get_doc({"doctype": "OAuth Client", "app_name": "Frontend", "scopes": "all openid",
    "redirect_uris": "https://acme.example.com/cb", "default_redirect_uri": "https://acme.example.com/cb",
    "grant_type": "Authorization Code", "response_type": "Code"}).insert()
answer = [client.client_id == client.name, bool(client.client_secret)]
client.delete()
"""
    )
    assert answer == [True, True]


def test_an_oauth_client_keeps_the_name_it_is_given_and_its_users_are_those_of_the_desk(site: Site) -> None:
    answer = site.python(
        """
client = frappe.new_doc("OAuth Client")
client.name, client.flags.name_set = "0123456789abcdef", True
client.update({"app_name": "Tenant", "default_redirect_uri": "https://x.test/cb", "grant_type": "Authorization Code",
    "client_secret": "long-enough"})
client.insert()
stored = frappe.get_doc("OAuth Client", "0123456789abcdef")
answer = [stored.client_id, stored.client_secret, [row.role for row in stored.allowed_roles]]
stored.delete()
"""
    )
    assert answer == ["0123456789abcdef", "long-enough", ["Desk User"]]


def test_an_oauth_client_stays_as_long_as_somebody_has_a_token_of_it(site: Site) -> None:
    answer = site.python(
        """
client = frappe.get_doc({"doctype": "OAuth Client", "app_name": "Tenant", "default_redirect_uri": "https://x.test/cb",
    "grant_type": "Authorization Code"}).insert()
answer = []
for doctype, field in (("OAuth Bearer Token", "access_token"), ("OAuth Authorization Code", "authorization_code")):
    values = {"client": client.name, "user": "Administrator", "expires_in": 3600, field: "a-token"}
    token = frappe.new_doc(doctype, **{key: value for key, value in values.items() if frappe.get_meta(doctype).has_field(key)})
    token.insert()
    try:
        frappe.delete_doc("OAuth Client", client.name)
    except frappe.LinkExistsError:
        answer.append(token.name)
    frappe.delete_doc(doctype, token.name)
frappe.delete_doc("OAuth Client", client.name)
answer.append(frappe.db.exists("OAuth Client", client.name))
"""
    )
    assert answer == ["a-token", "a-token", None]
