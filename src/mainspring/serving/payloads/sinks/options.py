"""Where else a log goes."""

from __future__ import annotations

import msgspec


class SinkOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where else a log goes."""

    url: str = ""
