"""Encrypted connections over gRPC, with the certificate and the settings that HTTP has."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import grpc

from mainspring.core.errors import InputError
from mainspring.serving.security.options import Tls
from mainspring.serving.security.tls import context, stamp

_LOG = logging.getLogger(__name__)


def credentials_of(options: Tls) -> grpc.ServerCredentials:
    """The server's side of TLS. Certificates that are renewed while it runs are read again.

    Raises:
        InputError: If the files cannot be used, or the options ask for something that gRPC cannot do.
    """
    if options.key_password:
        raise InputError(
            "gRPC reads private keys without a password only",
            where=options.key,
            fix=f"openssl pkey -in {options.key} -out plain.pem, readable for the server alone",
        )
    if options.minimum != "1.2":
        raise InputError(
            f"gRPC cannot be told to speak TLS {options.minimum} only",
            expected="minimum: '1.2'",
            fix="set that, or no port for gRPC",
        )
    if options.require_client and not options.client_authorities:
        raise InputError(
            "clients have to show a certificate, and nobody is named who may sign it",
            expected="client_authorities: a file with the certificates of those who may",
        )
    context(options)  # says more of what is wrong than gRPC does
    files = _Files(options)
    # The types of gRPC do not say that no change is None.
    again = cast("Callable[[], grpc.ServerCertificateConfiguration]", files.again)
    return grpc.dynamic_ssl_server_credentials(files.first, again, options.require_client)


class _Files:
    """The certificate and key in their files. Called by gRPC's threads."""

    def __init__(self, options: Tls) -> None:
        self._options, self._stamp = options, stamp(options)
        self._lock = threading.Lock()
        self._look_at = time.monotonic() + options.look_again
        self.first = self._read()

    def again(self) -> grpc.ServerCertificateConfiguration | None:
        """What the files hold, if they changed; ``None`` for no change."""
        with self._lock:
            if time.monotonic() < self._look_at:
                return None
            self._look_at = time.monotonic() + self._options.look_again
            found = stamp(self._options)
            if found == self._stamp:
                return None
            try:
                context(self._options)
                read = self._read()
            except (InputError, OSError) as error:
                _LOG.error("TLS: %s; the certificate from before still counts", error)
                return None
            self._stamp = found
            return read

    def _read(self) -> grpc.ServerCertificateConfiguration:
        options = self._options
        pair = (Path(options.key).read_bytes(), Path(options.certificate).read_bytes())
        authorities = Path(options.client_authorities).read_bytes() if options.client_authorities else None
        return grpc.ssl_server_certificate_configuration([pair], authorities)
