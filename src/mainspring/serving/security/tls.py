"""Encrypted connections whose certificates may be renewed while the server runs."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from pathlib import Path
from typing import TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.security.options import Tls

_LOG = logging.getLogger(__name__)

_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class ServerTls:
    """The server's side of TLS. Safe for threads.

    Every connection gets the certificate that the files hold then; they are looked at every few seconds while
    connections are made. Files that do not fit together, as while they are being replaced, change nothing.

    Args:
        options: Where the files are.

    Attributes:
        context: For whoever makes the connections; it stays the same.

    Raises:
        InputError: If the files cannot be read, or do not fit together.
    """

    def __init__(self, options: Tls) -> None:
        if options.require_client and not options.client_authorities:
            raise InputError(
                "clients have to show a certificate, and nobody is named who may sign it",
                expected="client_authorities: a file with the certificates of those who may",
            )
        self._options = options
        self._stamp = stamp(options)
        self._lock = threading.Lock()
        self._look_at = time.monotonic() + options.look_again
        self.context = self._now = context(options)
        # Called at the beginning of every connection, whether or not the client names the server.
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, outer: ssl.SSLContext) -> None:
        _ = name
        if time.monotonic() >= self._look_at:
            self._look()
        if self._now is not outer:
            connection.context = self._now

    def _look(self) -> None:
        with self._lock:
            self._look_at = time.monotonic() + self._options.look_again
            found = stamp(self._options)
            if found == self._stamp:
                return
            try:
                self._now = context(self._options)
            except InputError as error:
                _LOG.error("TLS: %s; the certificate from before still counts", error)
            else:
                self._stamp = found
                _LOG.info("TLS: the certificate was read again")


def context(options: Tls) -> ssl.SSLContext:
    """What the files hold now.

    Raises:
        InputError: If they cannot be read, or do not fit together.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = _VERSIONS[options.minimum]
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.set_alpn_protocols(["http/1.1"])
    try:
        # Without a password, OpenSSL would ask for one at the terminal.
        made.load_cert_chain(options.certificate, options.key, password=lambda: password(options))
        if options.client_authorities:
            made.load_verify_locations(options.client_authorities)
            made.verify_mode = ssl.CERT_REQUIRED if options.require_client else ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:  # what OpenSSL says is an OSError, too
        raise InputError(
            f"the certificate or its key cannot be used: {error}",
            expected="PEM files that fit together",
            where=f"{options.certificate}, {options.key}",
        ) from error
    return made


def password(options: Tls) -> bytes:
    """The password of the key; empty if there is none."""
    return Path(options.key_password).read_bytes().strip() if options.key_password else b""


def stamp(options: Tls) -> _Stamp:
    """What changes when a file does."""
    files = (options.certificate, options.key, options.client_authorities, options.key_password)
    return tuple(_of(Path(file)) for file in files if file)


def _of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
