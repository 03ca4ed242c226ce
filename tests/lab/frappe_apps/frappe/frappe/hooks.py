# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this app tells Frappe about itself. A hooks.py is also how bench recognises a Frappe app."""

app_name = "frappe"
app_title = "Frappe Framework (stand-in)"
app_publisher = "frappeops.tenants contributors"
app_description = "Stand-in that keeps Frappe's contract for the lab"
app_license = "GPL-3.0-or-later"

after_install = ["frappe.install.after_install"]
