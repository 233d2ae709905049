# SPDX-License-Identifier: Apache-2.0
"""A folder served by HTTPS on loopback, with a certificate made for the test."""

from __future__ import annotations

import contextlib
import functools
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def certificate(folder: Path, *, name: str, days: int) -> Path:
    """A certificate that signs itself, with its key, in one file."""
    folder.mkdir(parents=True, exist_ok=True)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / f"{name}{days}.pem"
    path.write_bytes(built.public_bytes(pem) + key.private_bytes(pem, forms, serialization.NoEncryption()))
    return path


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, whole."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def https(folder: Path, pem: Path) -> Iterator[str]:
    """A folder served by HTTPS; gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are what is tested
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
