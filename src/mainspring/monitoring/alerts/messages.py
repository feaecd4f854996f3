"""What is told: a subject, Markdown, HTML, and JSON."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from mainspring.core.clock import iso
from mainspring.monitoring.alerts.alert import Alert, Example, Severity, State

SCHEMA: Final = "mainspring.alerts/1"
"""The form of the JSON, in its field ``schema``."""

_SHOWN: Final = 10
_FEATURES: Final = 8
_HAPPENED: Final = {
    "fired": "fires",
    "reopened": "fires again",
    "worse": "got worse",
    "repeat": "still fires",
    "flapping": "comes and goes, and is not told any more until it is steady",
    "resolved": "is over",
    "test": "is a test",
}
_ORDER: Final = tuple(_HAPPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert in a message: it, and what happened to it, the most pressing first."""

    alert: Alert
    happened: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told to one destination.

    Attributes:
        id: The same for every attempt, so that receivers can drop what they have seen.
        model: The model.
        group: The group of the alerts; empty for a digest.
        at: When it was written, in seconds since the epoch.
        told: The alerts, the severest first.
        links: Addresses of pages, by the id of the alert.
        digest: Whether it is a digest.
    """

    id: str
    model: str
    group: str
    at: float
    told: tuple[Told, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    digest: bool = False

    @property
    def severity(self) -> Severity:
        """Of the severest alert that is not over; ``info`` if all are."""
        open_ = [one.alert.severity for one in self.told if one.alert.state is not State.RESOLVED]
        return max(open_, key=lambda one: one.rank, default=Severity.INFO)

    @property
    def over(self) -> bool:
        """Whether all of it is over."""
        return all(one.alert.state is State.RESOLVED for one in self.told)

    @property
    def subject(self) -> str:
        """One line without markup.

        Example: ``[critical] census: 30 alerts fire, among them drift of age``
        """
        if self.digest:
            return f"[digest] {self.model}: {_count(len(self.told), 'alert')}"
        head = "resolved" if self.over else str(self.severity)
        first = self.told[0]
        about = f"{first.alert.check}" + (f" of {first.alert.subject}" if first.alert.subject else "")
        if len(self.told) == 1:
            return f"[{head}] {self.model}: {about} {_said(first)}"
        many = _count(len(self.told), "alert")
        return f"[{head}] {self.model}: {many}, first {about} {_said(first)}"

    @property
    def plain(self) -> str:
        """Text without markup."""
        return "\n".join(_plain_of(line) for line in self._lines())

    @property
    def markdown(self) -> str:
        """Markdown that Slack, Teams and mail programs show alike: bold, lists and code, no tables."""
        return "\n".join(_markdown_of(line) for line in self._lines())

    @property
    def html(self) -> str:
        """A fragment of HTML for mail: paragraphs and lists, no style sheet."""
        parts, listed = [], False
        for kind, text in self._lines():
            item = kind == "item"
            if item != listed:
                parts.append("<ul>" if item else "</ul>")
                listed = item
            parts.append(_html_of(kind, text))
        return "".join(parts) + ("</ul>" if listed else "")

    def as_dict(self) -> dict[str, Any]:
        """The JSON that is sent to addresses ``https://…``.

        ``schema``, ``id``, ``model``, ``group``, ``at`` (RFC 3339), ``severity``, ``status`` (``firing`` or
        ``resolved``), ``digest``, ``subject``, ``text`` and ``alerts``: a list of the fields of
        :class:`~mainspring.monitoring.alerts.alert.Alert`, with ``happened`` and ``link`` beside them.
        """
        return {
            "schema": SCHEMA,
            "id": self.id,
            "model": self.model,
            "group": self.group,
            "at": iso(self.at),
            "severity": str(self.severity),
            "status": "resolved" if self.over else "firing",
            "digest": self.digest,
            "subject": self.subject,
            "text": self.plain,
            "alerts": [
                {
                    **plain_alert(one.alert),
                    "happened": list(one.happened),
                    "link": self.links.get(one.alert.id, ""),
                }
                for one in self.told
            ],
        }

    def _lines(self) -> list[tuple[str, str]]:
        lines = [("title", self.subject)]
        lines += [("text", cause) for cause in _shared_causes(self.told)]
        for one in self.told[:_SHOWN]:
            lines += _about(one, self.links.get(one.alert.id, ""), brief=len(self.told) > 1)
        more = [one.alert.title for one in self.told[_SHOWN:]]
        if more:
            lines.append(("text", f"and {len(more)} more: {', '.join(more)}"))
        if not self.over:
            lines.append(
                ("text", f"take care of it: `mainspring alerts ack {' '.join(_open_ids(self.told)[:_SHOWN])}`")
            )
        return lines


def message_of(
    told: Sequence[Told],
    *,
    name: str,
    model: str,
    at: float,
    group: str = "",
    page: str = "",
    digest: bool = False,
) -> Message:
    """A message about alerts, the severest and oldest first.

    Args:
        told: The alerts, and what happened to them.
        name: What tells the message from others.
        model: The model.
        at: What time it is, in seconds since the epoch.
        group: Their group.
        page: The address of the page of an alert, with ``{id}`` and ``{model}`` in it.
        digest: Whether it is a digest.
    """
    ordered = sorted(told, key=lambda one: (not one.alert.open, -one.alert.severity.rank, one.alert.since))
    links = {one.alert.id: page.replace("{id}", one.alert.id).replace("{model}", model) for one in told if page}
    return Message(
        id=name,
        model=model,
        group=group,
        at=at,
        told=tuple(Told(alert=one.alert, happened=_sorted(one.happened)) for one in ordered),
        links=links,
        digest=digest,
    )


def plain_alert(alert: Alert) -> dict[str, Any]:
    """The fields of an alert as JSON has them: moments as numbers, what is not finite as ``None``."""
    plain: dict[str, Any] = _finite(asdict(alert))
    return {**plain, "slice": alert.slice, "title": alert.title, "figure": alert.figure}


def example_text(example: Example) -> str:
    """A row in one line: its request, what its answer came from, its values."""
    name = f"request {example.request}" if example.request else f"row {example.row}"
    why = ", ".join(f"{one} {amount:+.3g}" for one, amount in list(example.contributions.items())[:_FEATURES])
    shown = list(example.values.items())
    values = ", ".join(f"{one}={_short(value)}" for one, value in shown[:_FEATURES])
    more = f" … and {len(shown) - _FEATURES} more" if len(shown) > _FEATURES else ""
    return f"{name}: {values}{more}" + (f"; its answer came from {why}" if why else "")


def figures_text(alert: Alert) -> str:
    """The figure against its limit and its usual value; empty without one."""
    parts = []
    if alert.value is not None:
        parts.append(f"now {alert.value:.4g}")
    if alert.limit is not None:
        parts.append(f"limit {alert.limit:.4g}")
    if alert.usual is not None:
        parts.append(f"usually {alert.usual:.4g}")
    return ", ".join(parts)


def _about(told: Told, link: str, *, brief: bool) -> list[tuple[str, str]]:
    alert = told.alert
    lines = [("title", f"{alert.title} {_said(told)}"), ("text", alert.message)]
    times = f"since {iso(alert.since)}, {_count(alert.windows, 'bad window')}, version {alert.version}"
    lines.append(("item", times))
    if figures_text(alert):
        lines.append(("item", figures_text(alert)))
    if alert.features:
        lines.append(("item", f"features: {', '.join(alert.features[:_FEATURES])}"))
    if not brief:
        lines += [("item", f"perhaps because: {one.what}") for one in alert.causes[:3]]
        lines += [("item", example_text(one)) for one in alert.examples]
    if alert.suggestion and alert.state is not State.RESOLVED:
        lines.append(("item", f"to do: {alert.suggestion}"))
    lines += [("item", f"{name}: {url}") for name, url in (("runbook", alert.runbook), ("page", link)) if url]
    return [*lines, ("item", f"alert `{alert.id}`, {alert.severity}, {alert.state}")]


def _said(told: Told) -> str:
    """What happened, in words; an alert that was over before anybody was told is not said to fire."""
    if told.alert.state is State.RESOLVED:
        return _HAPPENED["resolved"] if told.happened == ("resolved",) else "fired, and is over"
    return " and ".join(_HAPPENED[one] for one in told.happened[:1])


def _shared_causes(told: Sequence[Told]) -> list[str]:
    """The likeliest causes of a group, told once for all of it."""
    if len(told) < 2:
        return []
    found = {cause.key: cause for one in told for cause in one.alert.causes[:1]}
    return [f"perhaps because: {one.what}" for one in sorted(found.values(), key=lambda one: -one.score)[:3]]


def _open_ids(told: Sequence[Told]) -> list[str]:
    return [one.alert.id for one in told if one.alert.state is not State.RESOLVED]


def _sorted(happened: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(happened), key=_ORDER.index))


def _plain_of(line: tuple[str, str]) -> str:
    kind, text = line
    return {"title": f"\n{text}", "item": f"- {text}"}.get(kind, text).replace("`", "")


def _markdown_of(line: tuple[str, str]) -> str:
    kind, text = line
    return {"title": f"\n**{text}**\n", "item": f"- {text}"}.get(kind, f"{text}\n")


def _html_of(kind: str, text: str) -> str:
    pieces = html.escape(text).split("`")
    told = "".join(f"<code>{one}</code>" if place % 2 else one for place, one in enumerate(pieces))
    return {"title": f"<p><b>{told}</b></p>", "item": f"<li>{told}</li>"}.get(kind, f"<p>{told}</p>")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
