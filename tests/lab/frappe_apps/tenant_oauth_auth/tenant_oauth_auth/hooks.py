# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this app tells Frappe about itself."""

app_name = "tenant_oauth_auth"
app_title = "Tenant OAuth"
app_publisher = "frappeops.tenants contributors"
app_description = "Login through the auth host of the tenants"
app_license = "GPL-3.0-or-later"
