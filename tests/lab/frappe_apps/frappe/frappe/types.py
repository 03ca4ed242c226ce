# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dictionary with attribute access that Frappe hands out everywhere."""

from __future__ import annotations

from typing import Any


class FrappeDict(dict):
    """A dict whose keys are attributes too; a missing one is None, not an error."""

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self.get(key)

    __setattr__ = dict.__setitem__

    def __delattr__(self, key: str) -> None:
        self.pop(key, None)

    def update(self, *args: Any, **kwargs: Any) -> FrappeDict:
        super().update(*args, **kwargs)
        return self

    def copy(self) -> FrappeDict:
        return FrappeDict(self)
