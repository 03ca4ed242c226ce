# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One GET over HTTP or HTTPS, with the standard library alone."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path


def get(
    address: str, port: int, path: str, headers: Mapping[str, str] | None = None, trust: Path | None = None
) -> tuple[int, str]:
    """Status and body. With a file of trusted roots it is HTTPS."""
    connection: http.client.HTTPConnection
    if trust is None:
        connection = http.client.HTTPConnection(address, port, timeout=5)
    else:
        context = ssl.create_default_context(cafile=str(trust))
        connection = http.client.HTTPSConnection(address, port, timeout=5, context=context)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()
