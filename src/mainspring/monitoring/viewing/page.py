"""Lays pages of the watch out: style, script and pictures inside, nothing to be fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from mainspring.data.viewing.page import Page, embedded
from mainspring.evaluation.viewing.page import TABLES, environment, script_text, style_text

ROOM: Final = "mainspring.monitoring.viewing"

_HEIGHT: Final = 900


def render(template: str, page: Any) -> Page:
    """A page from what was gathered; equal material gives equal pages."""
    script = script_text(TABLES) + "\n" + _file("script/plots.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = (
        environment(ROOM)
        .get_template(template)
        .render(
            page=page,
            style=style_text() + _file("templates/watch.css"),
            script=script,
            script_digest=digest,
            data=embedded(page.payload),
        )
    )
    return Page(text + "\n", _HEIGHT, "Mainspring watch")


def made_by() -> str:
    """The version that makes the page."""
    return version("mainspring")


@cache
def _file(name: str) -> str:
    # The digest of the script is that of the text between the tags, to the last character.
    return (files(ROOM) / name).read_text(encoding="utf-8").strip()
