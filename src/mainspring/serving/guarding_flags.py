"""Flags of the command line about who may ask a server, over which connections, and what is logged of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from msgspec.structs import replace

from mainspring.core.errors import InputError
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.security.options import Tls
from mainspring.serving.tracing.options import LogOptions

STDERR = "-"
"""In the place of a file: standard error."""

NAMES = ("keys", "tls_certificate", "tls_key", "access_log", "log_format")
"""The flags, as attributes."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give a parser these flags; those that are not given are ``None``."""
    add = parser.add_argument
    add("--keys", type=Path, metavar="FILE", help="callers need one of these API keys: see 'mainspring keys'")
    add("--tls-certificate", type=Path, metavar="FILE", help="encrypt connections, with this certificate (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="the private key of the certificate (PEM)")
    add(
        "--access-log",
        nargs="?",
        const=STDERR,
        metavar="FILE",
        help="write a line of JSON about every request, to standard error or into a file",
    )
    add(
        "--log-format",
        choices=("text", "json"),
        help="how lines about the server itself are written (default: text)",
    )


def with_flags(options: ServerOptions, told: Mapping[str, Any]) -> ServerOptions:
    """The options of a server with those of the command line in their place.

    Args:
        options: Those of its file.
        told: The flags by name; ``None`` for what was not given.

    Raises:
        InputError: If a certificate is given without its key.
    """
    security = options.security
    if told.get("keys") is not None:
        security = replace(security, keys=_absolute(told["keys"]))
    certificate, key = told.get("tls_certificate"), told.get("tls_key")
    if (certificate is None) != (key is None):
        raise InputError("a certificate and its key come together", expected="--tls-certificate and --tls-key")
    if certificate is not None and key is not None:
        own = security.tls or Tls(certificate="", key="")
        own = replace(own, certificate=_absolute(certificate), key=_absolute(key))
        security = replace(security, tls=own)
    return replace(options, security=security, logging=_logging(options.logging, told))


def _logging(options: LogOptions, told: Mapping[str, Any]) -> LogOptions:
    file, form = told.get("access_log"), told.get("log_format")
    if file is not None:
        place = options.file if file == STDERR else _absolute(file)
        options = replace(options, file=place, good=1.0, bad=1.0, refused=1.0)
    return options if form is None else replace(options, form=cast("Literal['text', 'json']", form))


def _absolute(path: str | Path) -> str:
    return str(Path(path).resolve())
