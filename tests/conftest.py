# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: hypothesis sets no deadline, so that a busy machine fails no test."""

from __future__ import annotations

from hypothesis import settings

# In CI hypothesis chooses its own profile, without a deadline and with the same examples each time; we keep that.
settings.register_profile("patient", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")
