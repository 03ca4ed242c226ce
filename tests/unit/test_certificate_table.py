# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of certificates as a person reads it."""

from __future__ import annotations

from ansible_collections.frappeops.tenants.plugins.plugin_utils.certificate_table import lines

ACME = {
    "edge": "edge1",
    "lineage": "acme.example.com",
    "ours": True,
    "due": False,
    "days_left": 61,
    "not_after": "2027-01-23T19:36:45Z",
    "issuer": "Let's Encrypt R11",
    "names": ["acme.example.com", "api.acme.example.com"],
}
DUE = {**ACME, "lineage": "b", "due": True, "days_left": 9, "not_after": "2026-12-02T19:36:45Z", "names": ["b"]}
FOREIGN = {**DUE, "lineage": "c", "ours": False, "not_after": "2026-12-03T19:36:45Z"}
BROKEN = {"edge": "edge1", "lineage": "d", "ours": True, "problem": "The certificate d cannot be read."}


def test_what_ends_first_stands_first():
    assert lines([ACME, FOREIGN, DUE, BROKEN]) == [
        "DAYS LEFT  UNTIL       STATE         EDGE   LINEAGE           ISSUER             NAMES",
        "?          -           unreadable    edge1  d                 -                  The certificate d cannot be read.",
        "9          2026-12-02  ours, due     edge1  b                 Let's Encrypt R11  b",
        "9          2026-12-03  foreign, due  edge1  c                 Let's Encrypt R11  b",
        "61         2027-01-23  ours          edge1  acme.example.com  Let's Encrypt R11  acme.example.com api.acme.example.com",
        "",
        "4 certificates: 3 ours, 1 of them due.",
    ]


def test_none_and_one():
    assert lines([]) == ["No certificates."]
    assert lines([ACME])[-1] == "1 certificate: 1 ours, 0 of them due."
