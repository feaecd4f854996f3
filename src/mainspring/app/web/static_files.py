"""Styles and scripts: read once, kept by browsers for good.

One digest of all of them is in every address, so that scripts import each other by the name beside them.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mainspring.core.errors import NotFoundError
from mainspring.evaluation.drawing.colours import PALETTE, picture_rules

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def content(name: str) -> bytes:
    """The bytes of a style sheet or script; ``console.css`` has the colours in front.

    Raises:
        NotFoundError: If there is none of that name.
    """
    if name not in names():
        raise NotFoundError(f"there is no file {name!r}")
    read = (files("mainspring.app.web") / "static" / name).read_bytes()
    return (palette() + picture_rules()).encode() + read if name == "console.css" else read


@cache
def names() -> frozenset[str]:
    """All of them."""
    folder = files("mainspring.app.web") / "static"
    return frozenset(one.name for one in folder.iterdir() if one.name.rpartition(".")[2] in _TYPES)


@cache
def digest() -> str:
    """What their addresses have, so that a new one is never mistaken for an old one."""
    return hashlib.sha256(b"\0".join(content(name) for name in sorted(names()))).hexdigest()[:16]


def palette() -> str:
    """The colours as custom properties: by day, by night, and as the reader chose."""
    day = ";".join(f"--{name}:{light}" for name, (light, _) in PALETTE.items())
    night = ";".join(f"--{name}:{dark}" for name, (_, dark) in PALETTE.items())
    return (
        f":root{{color-scheme:light;{day}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{night}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{color-scheme:dark;{night}}}}}\n"
    )


def serve(request: Request) -> Response:
    """A file; its address has its digest, so it may be kept for a year."""
    name = request.path_params["name"]
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    kind = f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8" if name in names() else ""
    body = content(name)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            _zipped(name),
            media_type=kind,
            headers={**headers, "content-encoding": "gzip", "vary": "accept-encoding"},
        )
    return Response(body, media_type=kind, headers={**headers, "vary": "accept-encoding"})


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(content(name), 9, mtime=0)
