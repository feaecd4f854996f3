"""One offline HTML page: style, script and data inside, nothing to be fetched."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Environment

    from mainspring.data.viewing.material import Material

SCRIPT: Final = ("words", "state", "columns", "bars", "chart", "panel", "rows", "tools", "groups", "events")
"""The parts of the script, in the order in which they build on each other."""
_ROW, _FRAME, _LEAST, _MOST = 62, 420, 360, 860


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is complete in itself.

    Attributes:
        html: The whole page.
        height: About how high it is, in pixels, as part of a notebook.
        name: What the frame around it is called, for people who do not see it.

    In a notebook it shows itself, in a frame of its own, so that several do not disturb each other.
    """

    html: str
    height: int = _MOST
    name: str = "Mainspring data view"

    def save(self, path: str | Path) -> Path:
        """Write the page to a file.

        Returns:
            The path of the file, absolute.
        """
        target = Path(path).resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.html, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        held = html.escape(self.html, quote=True)
        return (
            f'<iframe title="{html.escape(self.name)}" sandbox="allow-scripts allow-popups" loading="lazy" '
            f'style="width:100%;height:{self.height}px;border:0;border-radius:8px" srcdoc="{held}"></iframe>'
        )


def render(material: Material) -> Page:
    """The page of what was gathered; equal material gives equal pages."""
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=material,
            style=_file("page.css"),
            script=script,
            script_digest=digest,
            data=embedded(material.payload),
        )
    )
    return Page(text + "\n", min(max(_FRAME + _ROW * material.num_features, _LEAST), _MOST))


def embedded(payload: Mapping[str, Any]) -> str:
    """JSON for the inside of a script element, where ``<`` could end it."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # The two line separators are line ends in old scripts, though not in JSON.
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _script() -> str:
    """All parts of the script as one, with names of their own."""
    parts = "\n".join(_file(f"script/{name}.js") for name in SCRIPT)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


@cache
def _file(name: str) -> str:
    # The digest of the script is that of the text between the tags, to the last character.
    return (files("mainspring.data.viewing") / name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from mainspring.data.viewing.wording import counted, figure, percent

    made = Environment(
        loader=PackageLoader("mainspring.data.viewing", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(counted=counted)
    made.filters.update(figure=figure, percent=percent)
    return made
