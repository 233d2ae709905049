# SPDX-License-Identifier: Apache-2.0
"""``seedbed gateway``."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import click

from seedbed.cli import output
from seedbed.cli.serving import listening, stop_sign
from seedbed.core.endpoints import Endpoint
from seedbed.errors import InputError, NotFoundError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.gateway.places import Root
    from seedbed.gateway.server import Server

_HANDLES = 65_536
_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.ASCII)
_FOLDER = click.Path(path_type=Path)


@click.command()
@click.option(
    "--root", "roots", metavar="DIR|URL", multiple=True,
    help="Holds DATASET/VERSION/NAME/…: a folder, a cache of fetched data, or a mirror (s3:, source-coop:, https:, "
    "file:); may be given again, and the first that has a file gives it.",
)  # fmt: skip
@click.option("--catalog", metavar="DIR", type=_FOLDER, default=None, help="A published catalogue's folder.")
@click.option(
    "--public-url", metavar="URL", default="",
    help="Where the public reaches it, for magnets and Metalinks; otherwise what clients call it, with http:.",
)  # fmt: skip
@click.option("--listen", metavar="ADDR", default="127.0.0.1:8080", show_default=True, help="HOST:PORT; 0 is any port.")
@click.option("--connections", type=click.IntRange(0), default=2_000, show_default=True, help="At a time; 0: no limit.")
@click.option(
    "--client-connections", type=click.IntRange(0), default=64, show_default=True,
    help="At a time, of one client; 0 is no limit, as behind a proxy.",
)  # fmt: skip
@click.option(
    "--client-requests", metavar="N", type=click.IntRange(0), default=0,
    help="Requests a second of one client, in the mean of ten seconds; 0 is no limit.",
)  # fmt: skip
@click.option(
    "--max-upload", metavar="BYTES", type=click.IntRange(0), default=0, help="Bytes a second at most; 0 is no limit."
)
@output.json_option
@output.quiet_option
def gateway(roots: tuple[str, ...], catalog: Path | None, listen: str, **options: Any) -> None:
    """Serve published data and a catalogue over HTTP.

    \b
    /v/DATASET/VERSION/PATH            a file that never changes
    /latest/DATASET/PATH               redirects to the newest version (needs --catalog)
    /webseed/DATASET/VERSION/NAME/…    the web seed of a torrent: --webseed URL/webseed/DATASET/VERSION/
    /v/DATASET/VERSION.torrent         also .magnet, .btih, .meta4, and so for each file (needs --catalog)
    /catalog/…                         the catalogue
    /metrics                           counts, for Prometheus

    With --catalog, files carry their hashes (ETag, Repr-Digest), and a file of another size than published is not
    served. Hidden files and symbolic links never are. Files of mirrors pass through; credentials for them are found as
    for publishing, and where a mirror fails the status is 502, 503 or 504. No addresses are logged. For HTTPS put it
    behind a proxy. Runs until Ctrl-C or a TERM signal; what is being sent then may take ten seconds more.

    With --json one JSON object a line: "ready" (with the URL), "stopped".
    """  # noqa: D301  # \b is click's mark for a paragraph that is not wrapped
    if not roots and catalog is None:
        raise InputError("gateway: nothing to serve", hint="Give --root DIR, --catalog DIR, or both.")
    if catalog is not None:
        _need_folder(catalog)
    where = listening("--listen", listen, default_host="127.0.0.1")
    opened = [_open_root(root) for root in roots]
    server = _server(opened, catalog, options)
    _allow_many_files()
    try:
        asyncio.run(_serve(server, where))
    except OSError as error:
        raise StateError(
            f"{where}: it cannot be listened on: {error.strerror}", hint="--listen names another address or port."
        ) from error
    finally:
        for root in opened:
            root.close()
    sent = server.metrics.sent_bytes
    output.event({"event": "stopped", "sent_bytes": sent}, f"Stopped. Sent {output.size(sent)}.")


def _need_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: there is no such folder")


def _open_root(root: str) -> Root:
    """A folder is served as it is, also as ``file:``; everything else through its mirror."""
    from seedbed.gateway.mirrored import MirrorRoot  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.gateway.places import FolderRoot  # noqa: PLC0415
    from seedbed.mirrors.local import LocalMirror  # noqa: PLC0415
    from seedbed.mirrors.registry import open_mirror  # noqa: PLC0415

    folder = Path(root)
    if not folder.is_dir() and _URL.match(root):
        mirror = open_mirror(root)
        if not isinstance(mirror, LocalMirror):
            return MirrorRoot(mirror)
        folder = Path(url2pathname(urlsplit(mirror.name).path))
    _need_folder(folder)
    return FolderRoot(folder.absolute())


def _public_url(options: dict[str, Any]) -> str:
    url = str(options["public_url"])
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query):
        raise InputError("--public-url: expected an http or https URL without password and query")
    return url.rstrip("/")


def _allow_many_files() -> None:
    """Each connection needs two handles at most; systems often give a thousand to begin with, and more when asked."""
    import resource  # noqa: PLC0415  # not on Windows

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (_HANDLES if hard < 0 else min(_HANDLES, hard), hard))


def _server(roots: Sequence[Root], catalog: Path | None, options: dict[str, Any]) -> Server:
    from seedbed.gateway.facts import CatalogFacts, NoFacts  # noqa: PLC0415
    from seedbed.gateway.limits import Limits  # noqa: PLC0415
    from seedbed.gateway.metrics import Metrics  # noqa: PLC0415
    from seedbed.gateway.places import Places  # noqa: PLC0415
    from seedbed.gateway.server import Server  # noqa: PLC0415
    from seedbed.gateway.site import Site  # noqa: PLC0415

    metrics = Metrics()
    facts = CatalogFacts(catalog) if catalog else NoFacts()
    site = Site(Places(tuple(roots)), facts, catalog.absolute() if catalog else None, metrics, _public_url(options))
    limits = Limits(
        connections=options["connections"],
        client_connections=options["client_connections"],
        client_requests_per_s=options["client_requests"],
        bytes_per_s=options["max_upload"],
    )
    return Server(site.answer, limits, metrics)


async def _serve(server: Server, where: Endpoint) -> None:
    stop = stop_sign()

    def ready(host: str, port: int) -> None:
        url = f"http://{Endpoint(host, port)}/"
        output.event({"event": "ready", "url": url}, f"Serving at {url}")

    await server.serve(where.host, where.port, stop, ready)
