# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File: its content lies in public/files or private/files of the site's folder."""

from __future__ import annotations

import hashlib
import os

import frappe
from frappe.model.document import Document
from frappe.utils import cint


class File(Document):
    def before_insert(self) -> None:
        content = self.__dict__.pop("content", None)
        if content is not None:
            self.write(content.encode() if isinstance(content, str) else content)

    def write(self, content: bytes) -> None:
        folder = "private/files" if cint(self.is_private) else "files"
        self.file_url = f"/{folder}/{os.path.basename(self.file_name)}"
        self.content_hash = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.file_size = len(content)
        with open(self.get_full_path(), "wb") as handle:
            handle.write(content)

    def validate(self) -> None:
        if not cint(self.is_folder) and not (self.file_url or "").startswith(("/files/", "/private/files/", "http")):
            frappe.throw("There is some problem with the file url: " + str(self.file_url))
        self.file_name = self.file_name or os.path.basename(self.file_url or "")
        self.folder = self.folder or None

    def get_full_path(self) -> str:
        path = self.file_url.lstrip("/")
        return frappe.get_site_path(path if path.startswith("private/") else os.path.join("public", path))

    def get_content(self) -> bytes:
        with open(self.get_full_path(), "rb") as handle:
            return handle.read()

    def allows(self, ptype: str, user: str) -> bool:
        """A public file is everybody's to read, Guest included."""
        return ptype == "read" and (not cint(self.is_private) or (user != "Guest" and self.owner == user))

    def is_downloadable(self) -> bool:
        if not cint(self.is_private):
            return True
        user = frappe.session.user
        return user == "Administrator" or self.allows("read", user)

    def on_trash(self) -> None:
        if self.file_url and os.path.exists(self.get_full_path()):
            os.remove(self.get_full_path())


def find_file_by_url(file_url: str) -> File | None:
    """The first file of that address that the caller may read: one address may have several documents."""
    for name in frappe.get_all("File", {"file_url": file_url}, pluck="name"):
        file = frappe.get_doc("File", name)
        if file.is_downloadable():
            return file
    return None
