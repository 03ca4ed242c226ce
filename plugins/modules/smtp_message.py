#!/usr/bin/python
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is the documentation; the work is done in the controller by plugins/action/smtp_message.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: smtp_message
author:
  - frappeops.tenants contributors (@frappeops)
version_added: 0.1.0
short_description: Send one mail over SMTP
description:
  - Sends one message with a text and an HTML part to one recipient, with STARTTLS or TLS and a login.
  - The caller gives the Message-ID, so that a mail that went out twice is recognised as one.
  - Every stage has an error of its own, with the server's words.
  - Each run of this module sends; to send once is the caller's business.
  - The mail leaves from the controller.
options:
  state:
    description:
      - V(sent) sends the message.
      - V(ready) only connects, encrypts and logs in, which shows that a message could be sent.
    type: str
    choices: [sent, ready]
    default: sent
  host:
    description: The mail server, named as in its certificate.
    type: str
    required: true
  port:
    description: Its port.
    type: int
    default: 587
  user:
    description: Log in as this user; no login when empty.
    type: str
    default: ""
  password:
    description: The user's password. It is never sent unencrypted.
    type: str
    default: ""
  starttls:
    description: Encrypt by STARTTLS. A server that does not offer it is refused.
    type: bool
    default: true
  implicit_tls:
    description: Encrypt from the first byte, usually on port 465; O(starttls) has no meaning then.
    type: bool
    default: false
  ca_file:
    description: Trust the CA certificates of this file, and only these.
    type: path
  timeout:
    description: Seconds to wait for each answer of the server.
    type: float
    default: 20
  sender:
    description: The sender, as V(ada@example.com) or V(Ada <ada@example.com>).
    type: str
  recipient:
    description: The recipient, in the same form.
    type: str
  subject:
    description: The subject, one line.
    type: str
  text:
    description: The message as plain text.
    type: str
  html:
    description: The same message as HTML; without it the mail has the text only.
    type: str
    default: ""
  message_id:
    description: The Message-ID with its angle brackets, the same for the same mail.
    type: str
extends_documentation_fragment:
  - frappeops.tenants.attributes
  - frappeops.tenants.attributes.controller
attributes:
  check_mode:
    support: full
    details: In check mode a message is composed, and with that its headers are checked, but no server is contacted for it.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: With O(state=sent) each run sends.
"""

EXAMPLES = r"""
- name: See that mail could be sent
  frappeops.tenants.smtp_message:
    state: ready
    host: mail.example.com
    user: tenants
    password: "{{ mail_password }}"

- name: Send a mail
  frappeops.tenants.smtp_message:
    host: mail.example.com
    user: tenants
    password: "{{ mail_password }}"
    sender: Tenants <no-reply@example.com>
    recipient: ada@acme.com
    subject: Your tenant acme is ready
    text: Open https://acme.example.com and sign in.
    html: <p>Open <a href="https://acme.example.com">acme</a> and sign in.</p>
    message_id: <welcome.5f2c91d04be7@example.com>
"""

RETURN = r"""
message_id:
  description: The Message-ID of the message.
  returned: when O(state=sent)
  type: str
  sample: <welcome.5f2c91d04be7@example.com>
reply:
  description: The server's words after it took the message.
  returned: when a message was sent
  type: str
  sample: "250 OK, queued as 4XJ2"
sent:
  description: Whether the server took the message; V(false) when it surely did not, null when that is not known.
  returned: failure
  type: bool
  sample: false
error:
  description:
    - The stage that failed.
    - One of V(name), V(refused), V(timeout), V(lost), V(tls), V(ca_file), V(no_starttls), V(unencrypted), V(authentication),
      V(not_ready), V(sender_refused), V(recipient_refused), V(message_refused) and V(unsure).
  returned: when the server or the way to it is the reason
  type: str
  sample: recipient_refused
remedy:
  description: What can be done about it.
  returned: failure
  type: str
  sample: Its words tell the reason.
"""
