"""Which of the protocols with limits reads the connections of a server."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from mainspring.serving.security.options import SlowClients


def protocol(limits: SlowClients) -> type[asyncio.Protocol]:
    """A protocol for :class:`uvicorn.Config`, as its ``http``: the fast one if its parser is installed."""
    if find_spec("httptools") is not None:
        from mainspring.serving.security.fast_http import FastHttp

        return type("FastHttp", (FastHttp,), {"limits": limits})
    from mainspring.serving.security.plain_http import PlainHttp

    return type("PlainHttp", (PlainHttp,), {"limits": limits})
