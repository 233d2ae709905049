# SPDX-License-Identifier: Apache-2.0
"""nginx as a web seed on loopback."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.e2e.clients.base import LOOPBACK, accepts, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """
daemon off;
user root;
worker_processes 1;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {scratch}/access.log;
    client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi; scgi_temp_path {scratch}/scgi;
    sendfile on;
    server {{ listen {host}:{port}; location / {{ root {root}; }} {more} }}
}}
"""


@contextlib.contextmanager
def web_seed(root: Path, scratch: Path, *, more: str = "") -> Iterator[str]:
    """Serve a folder; gives the URL of its root, with a slash at the end."""
    port = free_port()
    scratch.mkdir(parents=True, exist_ok=True)
    config = scratch / "nginx.conf"
    config.write_text(_CONFIG.format(scratch=scratch, host=LOOPBACK, port=port, root=root, more=more))
    with process([require("nginx"), "-p", str(scratch), "-c", str(config)], scratch / "nginx.log"):
        wait_until(lambda: accepts(port), "nginx listens", log=scratch / "error.log")
        yield f"http://{LOOPBACK}:{port}/"
