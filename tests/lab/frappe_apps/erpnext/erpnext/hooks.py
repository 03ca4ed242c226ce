# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this app tells Frappe about itself."""

app_name = "erpnext"
app_title = "ERPNext (stand-in)"
app_publisher = "frappeops.tenants contributors"
app_description = "Stand-in: a few doctypes with role permissions"
app_license = "GPL-3.0-or-later"

after_install = ["erpnext.install.after_install"]
setup_wizard_stage = "erpnext.setup.wizard.make_company"
