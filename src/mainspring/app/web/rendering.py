"""Templates, and the words in them: times, lengths, digests, addresses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

import mainspring
from mainspring.app.accounts import Role
from mainspring.app.api.operation import Operation
from mainspring.app.timing import duration
from mainspring.app.web import figures
from mainspring.app.web.room import Room
from mainspring.app.web.seals import Seals
from mainspring.app.web.static_files import digest
from mainspring.app.web.visit import TOLD, Visit
from mainspring.core.clock import from_iso, iso
from mainspring.core.errors import InputError
from mainspring.evaluation.drawing.colours import within_page

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)")


class Renderer:
    """Fills templates. Safe for threads.

    Args:
        rooms: The menu.
        operations: What forms may be sent to.
        root: The prefix under which a proxy shows the console, such as ``/console``.
        project: The project's name.
        seals: What forms and cookies are signed with.
    """

    def __init__(
        self,
        rooms: Sequence[Room],
        operations: Mapping[str, Operation],
        *,
        seals: Seals,
        root: str = "",
        project: str = "",
    ) -> None:
        self.seals = seals
        self._root, self._operations = root, operations
        self._environment = Environment(
            loader=PackageLoader("mainspring.app.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(
            number=figures.number,
            measured=figures.measured,
            signed=figures.signed,
            whole=figures.whole,
            percent=figures.percent,
            size=figures.size,
            counted=figures.counted,
            duration=length,
            moments=moments,
            picture=picture,
            short=short,
            in_shell=shlex.quote,
        )
        self._environment.globals.update(
            url=self.url,
            asset=self.asset,
            when=when,
            may=_may,
            operation=self._operation,
            rooms=rooms,
            version=mainspring.__version__,
            project=project,
            Role=Role,
            min=min,
            max=max,
        )

    def url(self, *parts: object, **query: Any) -> str:
        """An address within the console.

        Args:
            parts: The first is a path as it is (``/runs``); the others are names, escaped and put behind it.
            query: Behind the question mark; what is ``None`` or empty is left out, a list is repeated.
        """
        path = str(parts[0]) + "".join("/" + quote(str(one), safe="/@:") for one in parts[1:])
        given = [(name, each) for name, one in query.items() for each in (one if isinstance(one, list) else [one])]
        named = [(name.rstrip("_"), each) for name, each in given if each not in (None, "")]
        return self._root + path + (f"?{urlencode(named)}" if named else "")

    def within(self, path: str) -> str:
        """A path as the console knows it, without the prefix of a proxy."""
        inner = path.removeprefix(self._root) if self._root else path
        return inner or "/"

    def asset(self, name: str) -> str:
        """The address of a style sheet or a script."""
        return f"{self._root}/static/{digest()}/{name}"

    def pieces(self) -> Sequence[Callable[[], object]]:
        """Compile a template each, so that no reader waits for it."""
        names = self._environment.list_templates(extensions=["j2"])
        return [partial(self._environment.get_template, name) for name in names]

    def render(self, visit: Visit, template: str, shown: Mapping[str, Any]) -> str:
        """A page as HTML."""
        theme = visit.request.cookies.get("mainspring_theme", "auto")
        return self._environment.get_template(template).render(
            visit=visit,
            caller=visit.desk.caller,
            here=visit.here,
            theme=theme if theme in ("light", "dark") else "auto",
            told=self.seals.read(visit.request.cookies.get(TOLD, "")) or "",
            **{"room": "", **shown},
        )

    def _operation(self, name: str) -> Operation:
        return self._operations[name]


@pass_context
def _may(context: Context, name: str) -> bool:
    """Whether the caller may do an operation."""
    caller = context["caller"]
    return bool(caller.may(context["operation"](name).role))


def when(seconds: float | None, form: str = "ago") -> str:
    """A moment, which the script turns into the reader's own time.

    Args:
        seconds: Since the epoch; ``None`` for never.
        form: ``ago`` (how long ago), ``moment`` (day and time), ``exact`` (to the second), ``day``, or ``time``.
    """
    if seconds is None:
        return Markup('<span class="quiet">—</span>')
    text = iso(seconds)
    shown = f"{text[:10]} {text[11 : 19 if form == 'exact' else 16]} UTC" if form != "day" else text[:10]
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(text, form, shown)


def length(seconds: float | None) -> str:
    """How long something took."""
    return "—" if seconds is None else duration(seconds)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn by ``evaluation.drawing``, which escapes what it is given.

    Attributes:
        svg: The picture; its style is in the page's.
    """

    svg: str

    def __html__(self) -> str:
        """The picture as it is."""
        return self.svg


def picture(svg: str) -> Picture:
    """A picture that was drawn here, as it is: its style is in the page's."""
    return Picture(within_page(svg))


def moments(text: object) -> str:
    """A text in which moments in ISO 8601, as the record writes them, are in the reader's own time.

    Example:
        >>> str(moments("since 2026-11-22T08:57:20.957Z & on"))[:35]
        'since <time datetime="2026-11-22T08'
        >>> str(moments("2026-13-45T00:00Z"))
        '2026-13-45T00:00Z'
    """
    parts = _MOMENT.split(str(text))
    return Markup("").join(_moment(one) if place % 2 else escape(one) for place, one in enumerate(parts))


def _moment(text: str) -> str:
    """A moment in ISO 8601 in the reader's own time; what only looks like one, as it is."""
    with suppress(InputError):
        return when(from_iso(text), "moment")
    return escape(text)


def short(text: object, most: int = 12) -> str:
    """A digest without its kind, cut; the whole is its title."""
    whole_text = str(text or "")
    return Markup('<code title="{}">{}</code>').format(whole_text, escape(whole_text.rpartition(":")[2][:most]))
