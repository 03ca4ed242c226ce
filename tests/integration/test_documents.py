# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a site on the lab's bench, keys and links of its users; one site for all tests."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import lab_sites
import pytest
import requests

from ansible_collections.frappeops.tenants.plugins.module_utils import documents
from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

PROGRAMS = Path(sys.executable).parent
NAME = f"docs-{secrets.token_hex(3)}"
SITE = f"api.{NAME}.test"
ADA = f"ada@{NAME}.test"


@pytest.fixture(scope="module")
def bench(lab):
    with lab_sites.erpnext_site(lab, NAME) as bench:
        yield bench


@pytest.fixture
def ensure(bench):
    def ensure(*given, check=False):
        return bench.site(SITE, "ensure_documents", documents=list(given), check=check)["documents"]

    return ensure


@pytest.fixture
def ada(ensure):
    """A user of the site."""
    initial = {"email": ADA, "first_name": "Ada", "send_welcome_email": 0}
    ensure(lab_sites.given("User", name=ADA, initial=initial, rows={"roles": [{"role": "Sales User"}]}))
    return ADA


class TestLife:
    def test_foretold_made_kept_changed_and_removed(self, ensure):
        def note(**values):
            return lab_sites.given("Note", filters={"title": "Terms"}, values=values)

        assert [ensure(note(public=1), check=True)[0]["change"], ensure(note(public=1))[0]["change"]] == ["created"] * 2
        assert ensure(note(public=True))[0]["change"] == "none"
        assert ensure(note(public="0"), check=True)[0]["after"] == {"public": "0"}
        changed = ensure(note(public=0))[0]
        assert (changed["change"], changed["before"], changed["after"]) == ("updated", {"public": 1}, {"public": 0})
        gone = lab_sites.given("Note", filters={"title": "Terms"}, state="absent")
        assert [ensure(gone)[0]["change"] for _turn in range(2)] == ["removed", "none"]

    def test_all_that_match_are_removed(self, ensure):
        for content in ("one", "two"):
            ensure(lab_sites.given("Note", filters={"title": "Twice", "content": content}))
        gone = lab_sites.given("Note", filters={"title": "Twice"}, state="absent")
        assert [len(ensure(gone, check=check)[0]["before"].get("names", [])) for check in (True, False, False)] == [
            2,
            2,
            0,
        ]

    def test_not_everything_is_removed_for_want_of_a_name(self):
        with pytest.raises(TenantError, match="state absent needs a name or filters"):
            lab_sites.given("Note", state="absent")

    @pytest.mark.parametrize("filters", [None, {}])
    def test_which_document_is_meant_must_be_said(self, ensure, filters):
        with pytest.raises(TenantError, match="Note needs a name or filters: it is no single"):
            ensure(lab_sites.given("Note", filters=filters, values={"title": "Any"}))

    def test_all_or_none(self, ensure):
        good = lab_sites.given("Note", filters={"title": "First"})
        bad = lab_sites.given("Note", filters={"title": "Second"}, values={"no_such_field": 1})
        with pytest.raises(TenantError, match="Note has no field 'no_such_field'"):
            ensure(good, bad)
        assert ensure(good, check=True)[0]["change"] == "created"

    @pytest.mark.parametrize(
        ("value", "same"), [(1.0, 1), ("3", 3), (True, 1), ("0", False), (None, ""), ("Europe/Paris", "Europe/Paris")]
    )
    def test_values_that_frappe_stores_alike_are_alike(self, ensure, value, same):
        field = "time_zone" if same == "Europe/Paris" else "app_name" if same == "" else "backup_limit"
        ensure(lab_sites.given("System Settings", values={field: value}))
        assert ensure(lab_sites.given("System Settings", values={field: same}), check=True)[0]["change"] == "none"

    def test_html_is_kept_as_frappe_made_it(self, ensure):
        content = '<p onclick="x()">Welcome</p><script>alert(1)</script>'
        given = lab_sites.given("Note", filters={"title": "Safe"}, values={"content": content})
        assert [ensure(given)[0]["change"] for _turn in range(2)] == ["created", "none"]


class TestRows:
    def test_a_row_for_each_document_of_another_doctype(self, ensure, ada):
        source = {"doctype": "Role", "field": "role", "filters": {"name": ["like", "Stock %"]}}
        wanted = lab_sites.given("User", name=ada, rows_from={"roles": source})
        assert ensure(wanted)[0]["after"]["roles"] == [{"role": "Stock Manager"}, {"role": "Stock User"}]
        assert ensure(wanted)[0]["change"] == "none"

    def test_a_source_without_doctype_is_refused(self):
        with pytest.raises(TenantError, match="roles does not say where its rows come from"):
            lab_sites.given("User", rows_from={"roles": {"field": "role"}})

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ({"first_name": [{"role": "x"}]}, "The field 'first_name' of User is no table"),
            ({"roles": [{"rolle": "x"}]}, "Has Role has no field 'rolle'"),
        ],
    )
    def test_rows_that_can_not_be_are_refused(self, ensure, ada, rows, said):
        with pytest.raises(TenantError, match=said):
            ensure(lab_sites.given("User", name=ada, rows=rows))

    def test_a_table_among_the_values_is_refused(self, ensure, ada):
        with pytest.raises(TenantError, match="'roles' of User is a table") as refused:
            ensure(lab_sites.given("User", name=ada, values={"roles": [{"role": "Sales User"}]}))
        assert "rows" in refused.value.as_result()["msg"]


class TestSecrets:
    def test_a_secret_is_stored_compared_told_on_demand_and_never_shown(self, ensure):
        for doctype, secret_field, other in (
            ("Email Account", "password", {"email_id": "a@b.test", "email_account_name": "Post"}),
            ("OAuth Client", "client_secret", {"app_name": "Post", "default_redirect_uri": "https://x.test"}),
        ):
            given = lab_sites.given(doctype, filters=other, secret_values={secret_field: "canary-of-this-test"})
            made = ensure(given)[0]
            assert made["change"] == "created"
            assert "canary" not in str(made)
            assert ensure(given)[0]["change"] == "none"
            told = ensure(lab_sites.given(doctype, filters=other, fields=[secret_field]))[0]
            assert told["fields"] == {secret_field: "canary-of-this-test"}

    def test_the_module_shows_that_it_changes_and_never_what(self, lab, ensure):
        filters = {"email_id": "c@d.test", "email_account_name": "Diff"}
        ensure(lab_sites.given("Email Account", filters=filters, values={"password": "canary-before"}))
        values = {"password": "canary-after", "smtp_server": "mail.test"}
        documents = [{"doctype": "Email Account", "filters": filters, "values": {}, "secret_values": values}]
        given = {"site": SITE, "bench_path": str(lab.bench), "documents": documents}
        module = [PROGRAMS / "ansible", "localhost", "-m", "frappeops.tenants.frappe_document", "-a", json.dumps(given)]
        interpreter = f"ansible_python_interpreter={PROGRAMS / 'python'}"
        ran = subprocess.run(
            [*module, "-e", interpreter, "--diff", "-vvv"],
            cwd=PROGRAMS.parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
        shown = ran.stdout + ran.stderr
        assert "after_header: Email Account Diff" in shown
        assert shown.count("password: '********'") >= 2
        assert not any(secret in shown for secret in ("canary-before", *values.values()))


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "fields", "said"),
        [
            (
                lab_sites.given("System Settings", values={"language": "", "time_zone": ""}),
                {"language", "time_zone"},
                "language, time_zone",
            ),
            (
                lab_sites.given("System Settings", values={"country": "Atlantis"}),
                {"country"},
                "Could not find Country: Atlantis",
            ),
            (
                lab_sites.given("Customer", filters={"customer_name": "X"}, values={"customer_type": "Martian"}),
                {"customer_type"},
                "should be one of|must be one of",
            ),
        ],
    )
    def test_in_frappes_words_with_the_field(self, ensure, given, fields, said):
        with pytest.raises(TenantError, match=said) as refused:
            ensure(given)
        assert fields <= set(refused.value.details["fields"])
        assert "<" not in refused.value.msg and "\n" not in refused.value.msg

    def test_a_doctype_that_is_not_there(self, ensure):
        with pytest.raises(TenantError, match="DocType Nonsense not found"):
            ensure(lab_sites.given("Nonsense", name="x"))


#: What a careless program would take for quotes, commands, markup or the end of a line.
ODD = ['O\'Neil & "Sons"', "$(touch x); `id`", "back\\slash \\n", "two\nlines", "😀 Zoë ☃", "{{ 7 * 7 }}", "x" * 140]


class TestOddCharacters:
    @pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
    def test_a_text_arrives_as_it_was_given(self, ensure, text):
        email = f"odd@{NAME}.test"
        given = lab_sites.given("User", name=email, values={"first_name": "Odd", "bio": text, "email": email})
        assert documents.changes(ensure(given))
        told = ensure(lab_sites.given("User", name=email, fields=["bio"]))[0]["fields"]
        assert told == {"bio": text}
        assert ensure(given)[0]["change"] == "none"

    def test_a_name_that_is_too_long_is_refused_with_a_reason(self, ensure):
        email = f"long@{NAME}.test"
        with pytest.raises(TenantError, match="max characters allowed is 140") as refused:
            ensure(lab_sites.given("User", name=email, values={"email": email, "first_name": "x" * 200}))
        assert "first_name" in refused.value.details["fields"]


class TestKeys:
    def test_made_once_and_anew_only_when_asked(self, bench, ada):
        def key(renew=False, check=False):
            return bench.site(SITE, "ensure_api_key", user=ada, renew=renew, check=check)

        assert key(check=True) == {"changed": True, "api_key": None, "api_secret": None}
        made, kept, renewed = key(), key(), key(renew=True)
        assert (made["changed"], kept["changed"], renewed["changed"]) == (True, False, True)
        assert kept["api_secret"] is None
        assert made["api_secret"] != renewed["api_secret"]

    def test_it_opens_what_the_roles_open(self, lab, bench, ada):
        key = bench.site(SITE, "ensure_api_key", user=ada, renew=True, check=False)
        answer = get(lab, "/api/resource/Customer", Authorization=f"token {key['api_key']}:{key['api_secret']}")
        assert answer.status_code == 200

    def test_nobody_gets_none(self, bench):
        with pytest.raises(TenantError, match="has no user nobody@example.invalid"):
            bench.site(SITE, "ensure_api_key", user="nobody@example.invalid", renew=False, check=False)


class TestLinks:
    def test_a_login_link_lets_in_once(self, lab, bench, ada):
        link = urlsplit(bench.site(SITE, "login_link", user=ada, kind="login", minutes=5, check=False)["link"])
        assert f"{link.scheme}://{link.netloc}" == f"https://{SITE}"
        first, second = (get(lab, f"{link.path}?{link.query}") for _turn in range(2))
        assert first.cookies.get("user_id") == ada.replace("@", "%40")
        assert second.status_code == 403

    def test_a_password_link_sets_the_first_password(self, lab, bench, ada):
        link = urlsplit(bench.site(SITE, "login_link", user=ada, kind="password", minutes=5, check=False)["link"])
        assert (link.netloc, link.path) == (SITE, "/update-password")
        method = "/api/method/frappe.core.doctype.user.user.update_password"
        given = {"key": parse_qs(link.query)["key"][0], "new_password": "a-Password-of-Ada-7"}
        answer = requests.post(url(lab, method), data=given, headers={"X-Frappe-Site-Name": SITE}, timeout=60)
        assert answer.cookies.get("user_id") == ada.replace("@", "%40")

    def test_a_disabled_user_gets_none(self, bench, ensure, ada):
        ensure(lab_sites.given("User", name=ada, values={"enabled": 0}))
        with pytest.raises(TenantError, match="is disabled"):
            bench.site(SITE, "login_link", user=ada, kind="login", minutes=5, check=False)
        ensure(lab_sites.given("User", name=ada, values={"enabled": 1}))


def url(lab, path):
    return f"http://{lab.address}:{lab.ports['gunicorn']}{path}"


def get(lab, path, **headers):
    named = {"X-Frappe-Site-Name": SITE, "Accept": "application/json", **headers}
    return requests.get(url(lab, path), headers=named, timeout=60, allow_redirects=False)
