"""Whole pages of other rooms, shown within a page: in a frame that can reach nothing of the console."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import HTMLResponse, Response

from mainspring.app.web.visit import Visit

_DARK = "@media screen and (prefers-color-scheme:dark)"
_THEMES = {"dark": "@media screen", "light": "@media not all"}

_OWN: Final = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>\s*", re.IGNORECASE)
"""The policy that a page brings along for when it is opened as a file: the header below holds instead."""

_REPORT = (
    "<script>(function(){var tell=function(){parent.postMessage("
    '{height:document.documentElement.scrollHeight},"*")};'
    "new ResizeObserver(tell).observe(document.documentElement);tell()}())</script>"
)
"""Tells the page around it how high it is."""

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox allow-scripts allow-popups"
)


def embedded(visit: Visit, html: str) -> Response:
    """A page that is complete in itself (its style and script inside), to be shown in a frame.

    The browser gives it an origin of its own, so that its script reaches neither cookies nor forms. It follows the
    reader's choice of day or night. The template shows it with the macro ``frame`` of ``shell/parts.html.j2``.

    Args:
        visit: The request.
        html: The page.
    """
    theme = visit.request.cookies.get("mainspring_theme", "auto")
    themed = html.replace(_DARK, _THEMES[theme]) if theme in _THEMES else html
    before, found, after = _OWN.sub("", themed, count=1).rpartition("</body>")
    whole = f"{before}{_REPORT}{found}{after}" if found else after + _REPORT
    return HTMLResponse(whole, headers={"content-security-policy": _POLICY})
