"""A webhook and its deliveries, as the record has them.

=============================  ==============================================================================
context ``Webhook``            where to, of which events, where its secret is; never the secret
execution ``WebhookDelivery``  something to be told to one webhook: named ``hook/event/what``, so that nothing
                               is told twice; written in the transaction of what it tells, so that nothing is
                               lost; NEW until it is first tried, RUNNING while it is tried, then COMPLETE,
                               FAILED (given up) or CANCELED (the webhook is gone)
=============================  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

from mainspring.core.clock import iso
from mainspring.core.errors import InputError
from mainspring.core.records import Context, Execution, ExecutionState, Kind, NodeType, PropertyType
from mainspring.models.registry.webhooks.events import TEST, Notice
from mainspring.store.ports import MetadataStore

WEBHOOK: Final = "mainspring.Webhook"
DELIVERY: Final = "mainspring.WebhookDelivery"

TYPES: Final = (
    NodeType(
        kind=Kind.CONTEXT,
        name=WEBHOOK,
        properties={
            **dict.fromkeys(("url", "secret", "why"), PropertyType.STRING),
            **dict.fromkeys(("events", "models"), PropertyType.STRUCT),
            **dict.fromkeys(("max_attempts", "disable_after", "failures"), PropertyType.INT),
            "active": PropertyType.BOOLEAN,
        },
        description="An address that is told of what happens to models.",
    ),
    NodeType(
        kind=Kind.EXECUTION,
        name=DELIVERY,
        properties=dict.fromkeys(("hook", "event", "body"), PropertyType.STRING),
        description="Something that a webhook is told.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of what happens to models.

    Attributes:
        name: To tell it from others.
        url: Where to.
        secret: Where its secret is: ``env:NAME`` or ``file:PATH``.
        events: Of what.
        models: Of which models; of all, if none is named.
        active: Whether it is told anything.
        why: Why not, if not.
        max_attempts: How often a delivery is tried before it is given up.
        disable_after: After how many failed attempts in a row it is told nothing any more.
        failures: How many attempts in a row have failed.
    """

    name: str
    url: str
    secret: str
    events: tuple[str, ...]
    models: tuple[str, ...] = ()
    active: bool = True
    why: str = ""
    max_attempts: int = 8
    disable_after: int = 40
    failures: int = 0

    def wants(self, notice: Notice) -> bool:
        """Whether it is told of this."""
        about = notice.data.get("model")
        return self.active and (
            notice.event == TEST or (notice.event in self.events and (not self.models or about in self.models))
        )

    @property
    def shown(self) -> str:
        """Its address as it may be shown: what follows the path may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "url": self.shown, "events": list(self.events), "models": list(self.models)}

    def context(self) -> Context:
        """The node of the record."""
        told = asdict(self) | {"events": list(self.events), "models": list(self.models)}
        return Context(type=WEBHOOK, name=self.name, properties={k: v for k, v in told.items() if k != "name"})

    @classmethod
    def read(cls, context: Context) -> Self:
        """Read what the record has."""
        told: dict[str, Any] = dict(context.properties)
        return cls(
            **{**told, "name": context.name, "events": tuple(told["events"]), "models": tuple(told["models"])}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a delivery.

    Attributes:
        at: When, in seconds since the epoch.
        status: The HTTP status; ``None`` if nobody answered.
        seconds: How long it took.
        response: The beginning of what was answered.
        error: Why nobody answered.
    """

    at: float
    status: int | None
    seconds: float
    response: str = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        what = f"status {self.status}" if self.status is not None else self.error
        answer = f": {self.response}" if self.response else ""
        return f"{iso(self.at)} {what}, {self.seconds * 1000:.0f} ms{answer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that a webhook is told.

    Attributes:
        id: Its number, which is also in the header ``webhook-id``.
        hook: Name of the webhook.
        event: What happened.
        body: The JSON text.
        state: NEW, RUNNING, COMPLETE, FAILED or CANCELED.
        attempts: Every try so far.
        at: When it happened, in seconds since the epoch.
    """

    id: int
    hook: str
    event: str
    body: str
    state: ExecutionState
    attempts: tuple[Attempt, ...]
    at: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "state": self.state.value, "attempts": [asdict(one) for one in self.attempts]}

    @classmethod
    def read(cls, execution: Execution) -> Self:
        """Read what the record has."""
        told = execution.properties
        tried = cast("Sequence[Mapping[str, Any]]", execution.custom.get("attempts") or ())
        return cls(
            id=cast("int", execution.id),
            hook=str(told["hook"]),
            event=str(told["event"]),
            body=str(told["body"]),
            state=execution.state,
            attempts=tuple(Attempt(**one) for one in tried),
            at=execution.created_at,
        )


def check_url(url: str) -> str:
    """An address that can be told something.

    Raises:
        InputError: If it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("this is no address of a webhook", expected="https://host/path (or http)")
    if parts.username is not None or parts.password is not None:
        raise InputError("the address holds a password", expected="an address without one: requests are signed")
    return url


def hooks(record: MetadataStore) -> list[Webhook]:
    """All webhooks, by name."""
    found = record.find(Kind.CONTEXT, "type = :type", {"type": WEBHOOK}, order_by="name", limit=1000).items
    return [Webhook.read(cast("Context", one)) for one in found]


def outgoing(record: MetadataStore, notices: Sequence[Notice]) -> list[Execution]:
    """What is to be written together with what happened, so that every webhook that asked is told."""
    if not notices:
        return []
    return [delivery_of(hook, notice) for hook in hooks(record) for notice in notices if hook.wants(notice)]


def delivery_of(hook: Webhook, notice: Notice) -> Execution:
    """A delivery to one webhook, not yet in the record."""
    told = {"hook": hook.name, "event": notice.event, "body": notice.body()}
    return Execution(type=DELIVERY, name=f"{hook.name}/{notice.event}/{notice.key}"[:255], properties=told)
