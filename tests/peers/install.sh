#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install the programs that tests and benchmarks compare with, where we may. What is missing is named, and its tests
# are skipped. Nothing here is needed to use seedbed.
set -u
here=$(dirname "$0")

# program:package
wanted="aria2c:aria2 mktorrent:mktorrent nginx:nginx-light qbittorrent-nox:qbittorrent-nox rtorrent:rtorrent
transmission-create:transmission-cli transmission-daemon:transmission-daemon curl:curl screen:screen wrk:wrk
chromium:chromium opentracker:opentracker ip:iproute2 tc:iproute2 iptables:iptables tinyproxy:tinyproxy-bin
mkfs.exfat:exfatprogs mount.exfat-fuse:exfat-fuse postgres:postgresql-15"

missing_packages() {
    PATH="$PATH:/usr/sbin:/sbin:/usr/lib/postgresql/15/bin"
    for pair in $wanted; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair##*:}"
    done
    command -v node >/dev/null 2>&1 || printf 'nodejs '
    command -v npm >/dev/null 2>&1 || printf 'npm '
    ldconfig -p 2>/dev/null | grep -q libIPSec_MB || [ "$(uname -m)" != x86_64 ] || printf 'libipsec-mb1 '
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
    export DEBIAN_FRONTEND=noninteractive
    $root apt-get update -q >/dev/null 2>&1 || return 1
    # One by one: a package that this release lacks must not keep the others away.
    for package in "$@"; do
        $root apt-get install -y -q --no-install-recommends "$package" >/dev/null 2>&1 ||
            echo "peers: $package could not be installed" >&2
    done
}

missing=$(missing_packages)
if [ -n "$missing" ]; then
    echo "peers: installing $missing"
    # shellcheck disable=SC2086
    install_packages $missing || echo "peers: no right to install packages here; tests with these are skipped: $missing" >&2
fi

stamp="$here/webtorrent/node_modules/.package-lock.json"
if command -v npm >/dev/null 2>&1 && [ ! "$stamp" -nt "$here/webtorrent/package-lock.json" ]; then
    echo "peers: installing webtorrent"
    (cd "$here/webtorrent" && npm ci --no-progress >/dev/null 2>&1 && touch node_modules/.package-lock.json) ||
        echo "peers: webtorrent could not be installed; its tests are skipped" >&2
fi
exit 0
