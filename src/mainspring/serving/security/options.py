"""What can be set about who may ask a server for what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from mainspring.serving.caller import Scope

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures with a public key (RFC 7518, section 3.1). With a shared secret, who can check could also sign."""

_Seconds: TypeAlias = Annotated[float, Meta(gt=0)]


class Access(StrEnum):
    """Who may use a part of the server without saying who they are."""

    OPEN = "open"
    """Everybody."""
    LOOPBACK = "loopback"
    """Whoever asks from the same machine, and not on behalf of somebody else."""
    CREDENTIALS = "credentials"
    """Nobody."""


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Encrypted connections. Files are in PEM form, and read again when they change.

    Attributes:
        certificate: The server's certificate, followed by those between it and the root.
        key: Its private key.
        key_password: A file with the password of the key.
        client_authorities: Certificates of those who sign the certificates of clients.
        require_client: Whether a client without such a certificate is turned away before it can ask anything.
            Needs ``client_authorities``.
        minimum: The oldest version of TLS that is spoken: ``"1.2"`` or ``"1.3"``.
        look_again: Seconds between looks at the files.
    """

    certificate: str
    key: str
    key_password: str = ""
    client_authorities: str = ""
    require_client: bool = False
    minimum: Literal["1.2", "1.3"] = "1.2"
    look_again: _Seconds = 10.0


class Oidc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens of an identity provider: JSON Web Tokens, signed with a public key (RFC 7519, RFC 9068).

    Attributes:
        issuer: Who makes them; what their ``iss`` has to say.
        audience: For whom they are made; one of these must be in their ``aud``.
        keys: Where the issuer's public keys are: a URL or a file with a JSON Web Key Set. By default, the place
            that the issuer's ``/.well-known/openid-configuration`` tells.
        algorithms: Which signatures are believed. Only ones with a public key can be named.
        leeway: By how many seconds clocks may differ.
        refresh: Seconds between looks at the keys. A token signed with an unknown key has them looked at at once.
        scope_claim: Where a token says what its owner may do: the name of a claim, with dots into nested ones.
            It holds a list, or words with spaces between.
        scopes: What such a word gives, by word. By default ``mainspring:inference`` gives ``inference`` …
        name_claim: Where a token says who its owner is.
        models_claim: Where a token says which models its owner may ask, as a list of patterns; all by default.
    """

    issuer: Annotated[str, Meta(pattern="^https?://")]
    audience: Annotated[tuple[str, ...], Meta(min_length=1)]
    keys: str = ""
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    leeway: Annotated[float, Meta(ge=0, le=600)] = 30.0
    refresh: Annotated[float, Meta(ge=1)] = 300.0
    scope_claim: str = "scope"
    scopes: Mapping[str, tuple[Scope, ...]] = {}
    name_claim: str = "sub"
    models_claim: str = ""


class ClientCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who a client with a certificate is. The first rule that fits counts.

    Attributes:
        subject: A pattern of ``CN=name``, ``DNS:name``, ``URI:name`` or ``EMAIL:name``, as the certificate has it.
        scopes: What they may do.
        models: Patterns of the models that they may do it to.
    """

    subject: str
    scopes: tuple[Scope, ...] = (Scope.INFERENCE,)
    models: tuple[str, ...] = ("*",)


class SlowClients(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a client's connection, so that those that only hold it open are turned away.

    Attributes:
        headers: Seconds within which the headers of a request are there, once the connection or the request began.
        body: Seconds that a body may take besides those that ``body_rate`` gives.
        body_rate: Bytes per second that a body has to come with.
        answer: Seconds without progress after which a client that does not read its answer is given up.
        header_bytes: The largest headers of one request together.
        target_bytes: The longest path with its query.
    """

    headers: _Seconds = 10.0
    body: _Seconds = 20.0
    body_rate: Annotated[float, Meta(ge=0)] = 1024.0
    answer: _Seconds = 30.0
    header_bytes: Annotated[int, Meta(ge=1024)] = 32_768
    target_bytes: Annotated[int, Meta(ge=256)] = 8_192


class SecurityOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may ask for what. Without any setting, predictions and metrics are for everybody who reaches the server,
    and models are loaded and unloaded only from the machine that it runs on.

    Attributes:
        keys: The file with the API keys; see ``mainspring keys``.
        key_headers: Headers that an API key may come in, besides ``Authorization: Bearer``.
        oidc: Tokens of an identity provider.
        certificates: What clients with a certificate may do.
        tls: Encrypted connections.
        inference: Who may ask for predictions, explanations and feedback without saying who they are. By default
            everybody, and nobody once there are keys, tokens or certificates to tell them by.
        metrics: Likewise for the metrics.
        management: Likewise for loading and unloading; by default those on the same machine, and nobody once
            there is something to tell them by.
        slow_clients: What is asked of a connection.
    """

    keys: str = ""
    key_headers: tuple[str, ...] = ("x-api-key",)
    oidc: Oidc | None = None
    certificates: tuple[ClientCertificate, ...] = ()
    tls: Tls | None = None
    inference: Access | None = None
    metrics: Access | None = None
    management: Access | None = None
    slow_clients: SlowClients = SlowClients()

    def placed(self, folder: Path) -> SecurityOptions:
        """The same options, with relative paths put under a folder."""

        def at(file: str) -> str:
            return str(folder / file) if file else ""

        oidc, tls = self.oidc, self.tls
        if oidc is not None and not oidc.keys.startswith(("http://", "https://")):
            oidc = replace(oidc, keys=at(oidc.keys))
        if tls is not None:
            files = ("certificate", "key", "key_password", "client_authorities")
            tls = replace(tls, **{name: at(getattr(tls, name)) for name in files})
        return replace(self, keys=at(self.keys), oidc=oidc, tls=tls)
