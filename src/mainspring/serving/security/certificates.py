"""Who a client is that shows a certificate. TLS has checked the certificate; here it is only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from mainspring.serving.caller import Caller
from mainspring.serving.security.options import ClientCertificate

STATE_KEY: Final = "certificate"
"""Where the ``state`` of an ASGI scope holds the :class:`Certificate` of the client."""

_SUBJECT = {"commonName": "CN"}
_ALTERNATIVE = {"DNS": "DNS", "URI": "URI", "email": "EMAIL"}
_GRPC = {"x509_common_name": "CN", "peer_dns": "DNS", "peer_uri": "URI", "peer_email": "EMAIL"}


class Certificate(msgspec.Struct, frozen=True):
    """A client's certificate that somebody trusted has signed.

    Attributes:
        names: What it calls its owner: ``CN=name``, ``DNS:name``, ``URI:name``, ``EMAIL:name``.
    """

    names: tuple[str, ...]


def of_tls(found: Mapping[str, Any] | None) -> Certificate | None:
    """A certificate as :meth:`ssl.SSLSocket.getpeercert` gives it; ``None`` if there is none."""
    if not found:
        return None
    subject = [(_SUBJECT.get(kind), value) for part in found.get("subject", ()) for kind, value in part]
    names = [f"{kind}={value}" for kind, value in subject if kind]
    others = [(_ALTERNATIVE.get(kind), value) for kind, value in found.get("subjectAltName", ())]
    return Certificate((*names, *(f"{kind}:{value}" for kind, value in others if kind)))


def of_grpc(found: Mapping[str, Sequence[bytes]]) -> Certificate | None:
    """A certificate as the authentication context of a gRPC call gives it; ``None`` if there is none."""
    if "x509_pem_cert" not in found:
        return None
    names = []
    for key, kind in _GRPC.items():
        separator = "=" if kind == "CN" else ":"
        names += [f"{kind}{separator}{value.decode('utf-8', 'replace')}" for value in found.get(key, ())]
    return Certificate(tuple(names))


def of_scope(scope: Mapping[str, Any]) -> Certificate | None:
    """The certificate of an HTTP client, of the ASGI scope of its request."""
    state = scope.get("state")
    found = None if state is None else state.get(STATE_KEY)
    return found if isinstance(found, Certificate) else None


def recognise(certificate: Certificate, rules: Sequence[ClientCertificate]) -> Caller | None:
    """Who shows a certificate; ``None`` if no rule speaks of it.

    Example:
        >>> rule = ClientCertificate(subject="CN=scraper*")
        >>> recognise(Certificate(("CN=scraper-7", "DNS:x")), [rule]).name
        'scraper-7'
    """
    for rule in rules:
        for name in certificate.names:
            if fnmatchcase(name, rule.subject):
                return Caller(
                    name.partition("=" if name.startswith("CN=") else ":")[2], frozenset(rule.scopes), rule.models
                )
    return None
