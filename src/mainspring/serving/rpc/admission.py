"""Who may ask for what, over gRPC."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.serving.caller import Caller, Scope
from mainspring.serving.rpc.metadata import Context, certificate_of, headers_of
from mainspring.serving.security.gatekeeper import Gatekeeper, check
from mainspring.serving.security.peers import grpc_peer


class Admission:
    """Lets calls in as the gatekeeper of the server says.

    Args:
        gatekeeper: Who may ask for what.
        encrypted: Whether clients may show a certificate.
    """

    def __init__(self, gatekeeper: Gatekeeper, *, encrypted: bool) -> None:
        self._gatekeeper, self._encrypted = gatekeeper, encrypted

    def admit(
        self,
        scope: Scope,
        context: Context,
        headers: Mapping[bytes, bytes] | None = None,
        peer: str | None = "",
        *,
        model: str = "",
    ) -> Caller:
        """Let a call in; gives who asks.

        Args:
            scope: What it is about.
            context: Of the call.
            headers: Its metadata, if that was read already.
            peer: The address that it comes from, with the ``headers``.
            model: The model that it is about.

        Raises:
            UnauthenticatedError: If it is not known who asks, and it has to be.
            ForbiddenError: If it is known, and they may not.
        """
        if headers is None:
            headers, peer = headers_of(context), grpc_peer(context.peer())
        certificate = certificate_of(context) if self._encrypted else None
        caller = self._gatekeeper.admit(scope, headers, peer, certificate)
        if model:
            check(caller, model)
        return caller
