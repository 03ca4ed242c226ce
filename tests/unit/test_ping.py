# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a tenant counts as seen, and how each thing that is wrong is told; against a server that answers as Frappe does."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from web_servers import Reply, free_port, serving, socket_saying

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.http_probe import Client, View
from ansible_collections.frappeops.tenants.plugins.module_utils.ping import Wanted, until_seen

PONG = Reply(200, '{"message":"pong"}', {"Content-Type": "application/json"})
CLIENT = Client(View(address="127.0.0.1", timeout=5))
#: Frappe 15.92 to a host that it has no site for.
NO_SITE = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>api.acme.test does not exist</p>\n"
)


def look(answer, seconds=0.0, **wanted):
    """Look at a tenant that answers so; C(wanted) may name paths of the same server."""
    with serving(answer) as web:
        urls = {"frontend_url": f"http://acme.test:{web.port}/"} if wanted.pop("frontend", False) else {}
        return until_seen(CLIENT, Wanted(f"http://api.acme.test:{web.port}", **urls, **wanted), seconds), web


def fault(answer, **wanted):
    with pytest.raises(TenantError) as raised:
        look(answer, **wanted)
    assert "\n" not in raised.value.msg
    return raised.value


def site(request, file_content="5f2c", frontend=None):
    """A tenant as it should be."""
    if request.headers["host"].startswith("acme.test"):
        return frontend(request) if frontend else Reply(200, "<h1>acme</h1>")
    if request.path == "/api/method/ping":
        return PONG
    if request.path == "/api/method/download_file?file_url=/files/proof.txt":
        return Reply(200, file_content)
    return Reply(404, "not found")


def test_pong_is_success_and_tells_what_was_seen():
    seen, web = look(site)
    assert seen["url"] == f"http://api.acme.test:{web.port}/api/method/ping"
    assert (seen["status"], seen["address"], seen["attempts"], seen["proven"]) == (200, "127.0.0.1", 1, False)
    assert seen["timings"]["first_byte"] > 0
    assert "frontend" not in seen
    assert "x-frappe-site-name" not in web.requests[0].headers


def test_gunicorn_is_asked_for_the_site_by_header():
    _seen, web = look(site, site="api.acme.test", proof_path="/files/proof.txt", proof_content="5f2c")
    assert [request.headers["x-frappe-site-name"] for request in web.requests] == ["api.acme.test"] * 2


def test_the_right_site_is_proven_by_its_file():
    seen, _web = look(site, proof_path="/files/proof.txt", proof_content="5f2c")
    assert seen["proven"] is True


@pytest.mark.parametrize("content", ["5f2d", "5f2c\n", "", '{"message":"pong"}'])
def test_another_content_is_another_site(content):
    found = fault(lambda request: site(request, content), proof_path="/files/proof.txt", proof_content="5f2c")
    assert found.details["error"] == "wrong_site"


def test_a_missing_file_is_another_site():
    found = fault(site, proof_path="/files/other.txt", proof_content="5f2c")
    assert found.details["error"] == "wrong_site"
    assert "/files/other.txt" in found.msg
    assert "404" in found.msg


def test_a_path_with_special_characters_reaches_the_site_whole():
    with serving(lambda request: PONG if request.path.endswith("ping") else Reply(200, "x")) as web:
        wanted = Wanted(f"http://api.acme.test:{web.port}", proof_path="/files/a b&c=d#e.txt", proof_content="x")
        until_seen(CLIENT, wanted, 0)
    assert web.requests[1].path == "/api/method/download_file?file_url=/files/a%20b%26c%3Dd%23e.txt"


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (Reply(404, NO_SITE), "unknown_site", "no site api.acme.test"),
        (Reply(404, "<html><title>404 Not Found</title><hr>nginx</html>"), "unexpected_status", "answers 404"),
        (Reply(417, json.dumps({"exception": "User Guest is disabled"})), "half_made_site", "half made"),
        (Reply(502, "<h1>502 Bad Gateway</h1>"), "backend_down", "bench behind it is not"),
        (Reply(504, "<h1>504 Gateway Time-out</h1>"), "backend_down", "bench behind it is not"),
        (Reply(503, json.dumps({"exc_type": "SessionStopped"})), "maintenance", "maintenance mode"),
        (Reply(503, "<h1>Service Unavailable</h1>"), "unexpected_status", "'Service Unavailable'"),
        (Reply(500, "<h1>Internal Server Error</h1>"), "unexpected_status", "'Internal Server Error'"),
        (Reply(402, "suspended"), "unexpected_status", "answers 402: 'suspended'"),
        (Reply(301, "", {"Location": "https://www.test/"}), "unexpected_status", "to https://www.test/"),
        (Reply(200, "<h1>Welcome to nginx!</h1>"), "not_pong", "'Welcome to nginx!'"),
        (Reply(200, '{"message":"ping"}'), "not_pong", "not Frappe's pong"),
        (Reply(200, '["pong"]'), "not_pong", "not Frappe's pong"),
        (Reply(200, "\xff\xfe"), "not_pong", "not Frappe's pong"),
        (Reply(201, '{"message":"pong"}'), "unexpected_status", "answers 201"),
    ],
)
def test_what_is_not_a_pong(reply, code, words):
    found = fault(lambda request: reply)
    assert found.details["error"] == code
    assert found.details["status"] == reply.status
    assert words in found.msg
    assert found.remedy


def test_it_tries_again_until_the_tenant_answers():
    replies = [Reply(502), Reply(404, NO_SITE), PONG]
    seen, _web = look(lambda request: replies.pop(0), seconds=30)
    assert seen["attempts"] == 3


def test_it_ends_with_the_last_fault_and_how_long_it_tried():
    found = fault(lambda request: Reply(502), seconds=0.5)
    assert found.details["error"] == "backend_down"
    assert found.details["attempts"] == 2
    assert "(tried 2 times in " in found.msg


def test_a_server_that_says_nothing_is_not_waited_for_beyond_the_deadline():
    begun = time.monotonic()
    with socket_saying(None) as port, pytest.raises(TenantError) as raised:
        until_seen(CLIENT, Wanted(f"http://api.acme.test:{port}"), 0.5)
    assert raised.value.details["error"] == "timeout"
    assert time.monotonic() - begun < 2


def test_a_server_that_is_not_there_is_told_as_such():
    with pytest.raises(TenantError) as raised:
        until_seen(CLIENT, Wanted(f"http://api.acme.test:{free_port()}"), 0)
    assert raised.value.details["error"] == "refused"


def test_the_frontend_is_seen_too():
    seen, _web = look(site, frontend=True)
    assert seen["frontend"]["status"] == 200


def test_the_frontends_redirects_within_its_host_are_followed():
    def frontend(request):
        return Reply(200) if request.path == "/dashboard?a=b" else Reply(307, "", {"Location": "/dashboard?a=b"})

    seen, _web = look(lambda request: site(request, frontend=frontend), frontend=True)
    assert seen["frontend"]["url"].endswith("/dashboard?a=b")


def test_a_frontend_that_sends_elsewhere_is_not_seen_unless_that_is_wanted():
    def frontend(request):
        return Reply(302, "", {"Location": "https://auth.test/"})

    found = fault(lambda request: site(request, frontend=frontend), frontend=True)
    assert found.details["error"] == "frontend_status"
    assert "302, to https://auth.test/" in found.msg
    seen, _web = look(lambda request: site(request, frontend=frontend), frontend=True, frontend_statuses=(200, 302))
    assert seen["frontend"]["status"] == 302


def test_a_frontend_that_goes_round_in_circles_is_left():
    def frontend(request):
        return Reply(302, "", {"Location": f"{request.path}x"})

    found = fault(lambda request: site(request, frontend=frontend), frontend=True)
    assert found.details["error"] == "frontend_status"


def test_a_frontend_whose_service_is_down():
    found = fault(lambda request: site(request, frontend=lambda _request: Reply(502)), frontend=True)
    assert found.details["error"] == "frontend_down"
