#!/usr/bin/env bash
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs the Debian packages that the tools and the lab need, and those of the lists that are named beside. Does nothing when
# all are there. With --missing as the first word it only prints the names of those that are not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

lists=(requirements/packages.txt)
[ -e tests/lab/packages.txt ] && lists+=(tests/lab/packages.txt)
only_look=
if [ "${1:-}" = --missing ]; then
    only_look=yes
    shift
fi
lists+=("$@")
mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "${lists[@]}" | sort -u)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "make packages: only Debian and Ubuntu are known. Install what matches: ${wanted[*]}" >&2
    exit 1
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ -n "$only_look" ]; then
    echo "${missing[*]}"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "make packages: not installed and no root or passwordless sudo. Run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi

# The lab starts its own servers. While this file answers 101, installing a package starts no daemon.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 0755 "$policy"
fi

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 \
        apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" </dev/null
}

echo "packages: installing ${missing[*]}"
mkdir -p .cache
log=.cache/packages.log
if ! apt_get update >"$log" 2>&1; then
    echo "packages: apt-get update failed, going on with the lists at hand (see $log)" >&2
fi
if ! apt_get install --yes --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "make packages: apt-get could not install all of: ${missing[*]}. The whole output is in $log" >&2
    exit 1
fi
