#!/usr/bin/env bash
# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the image of the test hosts, unless it is there, and prints its name. A base of Debian's packages is made once per list of
# packages; what is ours is laid over it.
#
#   image.sh ENGINE [BASE]
#
# ENGINE is podman or docker. BASE is an image to install the packages into, such as debian:bookworm; without it mmdebstrap makes
# one from the package mirror that this machine uses.
set -euo pipefail
cd "$(dirname "$0")"
engine=$1
base=${2:-}
root=../..
cache=$root/.cache/molecule
say() { echo "image: $*" >&2; }

mkdir -p "$cache"
exec 9>"$cache/image.lock"
flock 9

mapfile -t packages < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' packages.txt)
hash_of() { sha256sum | cut -c1-12; }
base_name=localhost/frappeops-base:$( (printf '%s\n' "$base" "${packages[@]}"; date +%G-%V) | hash_of)
ours=(Containerfile make_bench.sh vars files "$root/tests/lab" "$root/requirements/lab.txt")
name=localhost/frappeops-host:$( (echo "$base_name"; find "${ours[@]}" -type f -not -path '*/__pycache__/*' -print0 | sort -z |
    xargs -0 sha256sum) | hash_of)

if "$engine" image inspect "$name" >/dev/null 2>&1; then
    echo "$name"
    exit 0
fi

work=$(mktemp -d "$cache/image.XXXXXX")
trap 'rm -rf "$work"' EXIT

if ! "$engine" image inspect "$base_name" >/dev/null 2>&1; then
    say "making the base of ${#packages[@]} packages (about two minutes, once a week)"
    if [ -n "$base" ]; then
        printf 'FROM %s\nRUN apt-get update && apt-get install --yes --no-install-recommends %s && apt-get clean\n' \
            "$base" "${packages[*]}" | "$engine" build --quiet --network=host --tag "$base_name" - >&2
    else
        include=$(IFS=,; echo "${packages[*]}")
        mmdebstrap --quiet --variant=apt --include="$include" bookworm "$work/base.tar" >&2
        "$engine" import "$work/base.tar" "$base_name" >&2
        rm "$work/base.tar"
    fi
fi

say "fetching the Python packages of the bench and the lab"
# Through this machine's own pip, which knows its index; in the image there is none. Debian 12 has Python 3.11.
# async-timeout: what redis wants before Python 3.11.3, which is newer than Debian's; our own Python is not asked for it.
wanted=(-r "$root/requirements/lab.txt" pip setuptools wheel async-timeout)
mapfile -t -O ${#wanted[@]} wanted < <("$root/.venv/bin/python" needs_of_apps.py "$root"/tests/lab/frappe_apps/*/pyproject.toml)
"$root/.venv/bin/python" -m pip download --quiet --disable-pip-version-check --only-binary=:all: --python-version 3.11 \
    --dest "$work/wheels" "${wanted[@]}" >&2

say "building $name"
mkdir "$work/requirements" "$work/lab"
cp Containerfile make_bench.sh vars/ports.yml "$work"
cp -r files "$work/files"
cp "$root/requirements/lab.txt" "$work/requirements"
cp -r "$root/tests/lab/lab" "$root/tests/lab/frappe_apps" "$work/lab"
find "$work" -name __pycache__ -prune -exec rm -rf {} +
"$engine" build --quiet --network=none --build-arg "BASE=$base_name" --tag "$name" "$work" >&2
echo "$name"
