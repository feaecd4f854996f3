"""Pages: Models."""

from __future__ import annotations

from mainspring.app.web.room import Page, Room
from mainspring.app.web.rooms.models import embedding, listing, version

_ONE = "/models/{model:path}/versions/{version}"

ROOM = Room(
    name="models",
    title="Models",
    icon="models",
    key="m",
    pages=[
        Page(path="/models", show=listing.listed),
        Page(path="/models/-/webhooks", show=listing.webhooks),
        Page(path=f"{_ONE}/page/{{part}}", show=embedding.page),
        Page(path=f"{_ONE}/card.md", show=embedding.card_markdown),
        Page(path=f"{_ONE}/card.html", show=embedding.card_html),
        Page(path=_ONE, show=version.shown),
        Page(path="/models/{model:path}", show=listing.shown),
    ],
)

__all__ = ["ROOM"]
