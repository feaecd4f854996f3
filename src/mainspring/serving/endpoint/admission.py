"""Who may ask for what, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.serving.caller import Caller, Scope
from mainspring.serving.security.certificates import of_scope
from mainspring.serving.security.gatekeeper import ANYBODY, Gatekeeper, check


class Admission:
    """Lets requests in as the gatekeeper of the server says.

    Args:
        gatekeeper: Who may ask for what.
    """

    def __init__(self, gatekeeper: Gatekeeper) -> None:
        self._gatekeeper = gatekeeper

    def admit(
        self, scope: Scope, asgi: Mapping[str, Any], headers: Mapping[bytes, bytes], model: str = ""
    ) -> Caller:
        """Let a request in; gives who asks.

        Args:
            scope: What it is about.
            asgi: The scope of ASGI.
            headers: By name in lower case.
            model: The model that it is about.

        Raises:
            UnauthenticatedError: If it is not known who asks, and it has to be.
            ForbiddenError: If it is known, and they may not.
        """
        peer = asgi.get("client")
        certificate = of_scope(asgi) if asgi.get("state") else None
        caller = self._gatekeeper.admit(scope, headers, peer[0] if peer else None, certificate)
        if model and caller.models != ANYBODY.models:
            check(caller, model)
        return caller
