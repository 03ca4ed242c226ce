# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab: every server that a tenant needs, for real, on 127.0.0.1 and below one folder.

C(python -m lab up) starts it, C(status) shows it, C(down) stops it. See cli.py for the commands and
parts/ for what runs.
"""
