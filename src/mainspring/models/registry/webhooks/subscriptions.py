"""Who is told, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import cast

from mainspring.core.errors import ConflictError, NotFoundError
from mainspring.core.records import Context, Execution, Kind, Value
from mainspring.core.signing import check_reference
from mainspring.models.registry.names import check_name
from mainspring.models.registry.webhooks.events import TEST, Notice, check_events
from mainspring.models.registry.webhooks.hook import (
    DELIVERY,
    TYPES,
    WEBHOOK,
    Delivery,
    Webhook,
    check_url,
    delivery_of,
    hooks,
)
from mainspring.store.ports import MetadataStore


class Webhooks:
    """The webhooks of a registry.

    Args:
        record: The record.
        wake: Called when there is something to deliver.
    """

    def __init__(self, record: MetadataStore, wake: Callable[[], None] = lambda: None) -> None:
        self._record = record
        self._wake = wake

    def add(
        self,
        name: str,
        url: str,
        *,
        secret: str,
        events: Sequence[str] = (),
        models: Sequence[str] = (),
        max_attempts: int = 8,
        disable_after: int = 40,
    ) -> Webhook:
        """Tell an address of events from now on.

        Args:
            name: To tell it from others.
            url: The address, http or https; best https.
            secret: Where its secret is, ``"env:NAME"`` or ``"file:PATH"``: the record never holds a secret.
            events: Of which events; of all, if none is named.
            models: Of which models; of all, if none is named.
            max_attempts: How often a delivery is tried before it is given up.
            disable_after: After how many failed attempts in a row it is told nothing any more.

        Raises:
            InputError: For an address, an event or a secret that is none.
            ConflictError: If there is a webhook of that name.
        """
        hook = Webhook(
            name=check_name(name, "a webhook"),
            url=check_url(url),
            secret=check_reference(secret),
            events=check_events(events),
            models=tuple(models),
            max_attempts=max_attempts,
            disable_after=disable_after,
        )
        if any(one.name == name for one in self.list()):
            raise ConflictError(
                f"there is a webhook {name!r}", fix=f"remove it first: mainspring webhooks remove {name}"
            )
        for one in TYPES:
            self._record.put_type(one)
        self._record.publish([hook.context()])
        return hook

    def list(self) -> tuple[Webhook, ...]:
        """All webhooks, by name."""
        return tuple(hooks(self._record))

    def get(self, name: str) -> Webhook:
        """One webhook.

        Raises:
            NotFoundError: If there is none of that name.
        """
        for one in self.list():
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.list()) or "none yet"
        raise NotFoundError(f"there is no webhook {name!r}", expected=f"one of: {known}")

    def remove(self, name: str) -> None:
        """Tell it nothing any more; what is still to be delivered is cancelled, its log stays.

        Raises:
            NotFoundError: If there is none of that name.
        """
        self.get(name)
        where = "type = :type AND name = :name"
        found = self._record.find(Kind.CONTEXT, where, {"type": WEBHOOK, "name": name}).items
        self._record.delete(Kind.CONTEXT, [cast("Context", one).id or 0 for one in found])

    def enable(self, name: str, *, active: bool = True, why: str = "") -> Webhook:
        """Tell it things again after it was disabled, or (``active=False``) nothing for now.

        Raises:
            NotFoundError: If there is none of that name.
        """
        self.get(name)
        told: dict[str, Value] = {"active": active, "why": why, "failures": 0}
        self._record.publish([Context(type=WEBHOOK, name=name, properties=told)])
        return self.get(name)

    def test(self, name: str) -> Delivery:
        """Tell one webhook of the event ``webhook.test``; :meth:`log` says what became of it.

        Raises:
            NotFoundError: If there is none of that name.
        """
        notice = Notice(event=TEST, key=secrets.token_hex(8), data={"webhook": name})
        made = self._record.publish([delivery_of(self.get(name), notice)])[0]
        self._wake()
        return Delivery.read(cast("Execution", made))

    def log(self, name: str | None = None, *, limit: int = 50) -> tuple[Delivery, ...]:
        """What was told, or is to be, newest first."""
        where, values = "type = :type", {"type": DELIVERY}
        if name is not None:
            where, values = f"{where} AND properties.hook = :hook", {**values, "hook": name}
        found = self._record.find(Kind.EXECUTION, where, values, descending=True, limit=limit).items
        return tuple(Delivery.read(cast("Execution", one)) for one in found)
