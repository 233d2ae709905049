#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make a virtual environment. Debian and Ubuntu keep the venv module in a package of its own.
set -eu
folder=$1
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
    echo "seedbed needs Python 3.11 or newer; $python was not found." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "seedbed needs Python 3.11 or newer, this is $("$python" --version). Try: make PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "Installing python3-venv ..."
    if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
    $root apt-get update -q >/dev/null 2>&1 && $root apt-get install -y -q python3-venv >/dev/null || {
        echo "The Python module venv is missing. As root: apt-get install python3-venv" >&2
        exit 1
    }
fi
rm -rf "$folder"
exec "$python" -m venv "$folder"
