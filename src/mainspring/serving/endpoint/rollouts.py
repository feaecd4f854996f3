"""The rollout of a model over HTTP: how it stands, what was decided, and orders to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import starlette.types as asgi

from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.endpoint.routes import Asked, Get, Post
from mainspring.serving.ports import Control
from mainspring.serving.problems import MalformedError, UnsupportedError
from mainspring.serving.rollout.desk import VERBS, Desk, Verb


class _Order(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked of a rollout: one of an action, and labels or another declaration."""

    action: Verb | None = None
    arm: str = ""
    share: float | None = None
    reason: str = ""
    by: str = ""
    seen: int | None = None
    labels: dict[str, str | None] | None = None
    rollout: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class RolloutOrders:
    """Answers what is asked of rollouts.

    Args:
        desk: Where they stand; ``None`` where there are none.
        control: Changes what is served, in all processes of the server.
        labels: The labels of a model, as they are now.
    """

    def __init__(self, desk: Desk | None, control: Control, *, labels: Callable[[str], Mapping[str, str]]) -> None:
        self._desk, self._control, self._labels = desk, control, labels

    async def told(self, asked: Asked) -> Answer:
        """How the rollout of a model stands.

        Raises:
            NotFoundError: If it has none.
        """
        return json_answer(await self._there().told(asked.path["model"]))

    def history(self, path: Mapping[str, str]) -> Answer:
        """What was decided about the rollouts of a model, oldest first."""
        return json_answer({"history": [msgspec.to_builtins(one) for one in self._there().history(path["model"])]})

    async def order(self, asked: Asked) -> Answer:
        """Do what is asked, in all processes of the server.

        The body has either ``action``, with ``arm``, ``share``, ``reason``, ``by`` and ``seen``; or ``labels``,
        those that are moved (to ``null`` where they are taken away), and ``rollout``, the declaration, or ``null``
        for none.

        Raises:
            MalformedError: If it has neither, or both.
            MainspringError: If it cannot be done; then nothing changed.
        """
        try:
            order = msgspec.json.decode(asked.body, type=_Order)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(asked.body, error) from error
        model = asked.path["model"]
        config: dict[str, Any] = {}
        if order.labels is not None:
            labels = {**self._labels(model), **order.labels}
            config["labels"] = {label: version for label, version in labels.items() if version is not None}
        if order.rollout is not msgspec.UNSET:
            config["rollout"] = order.rollout
        if (order.action is None) is not bool(config):
            raise MalformedError(
                "the order says "
                + ("neither an action nor labels nor a rollout" if not config else "several things"),
                expected=f"an action ({', '.join(VERBS)}), or labels and rollout",
            )
        if order.action is None:
            await self._control.arrange(model, config=msgspec.json.encode(config).decode())
            return json_answer({"model": model, **config})
        by = asked.caller.name or order.by
        event = await self._there().act(
            model, order.action, arm=order.arm, share=order.share, by=by, reason=order.reason, seen=order.seen
        )
        return json_answer(msgspec.to_builtins(event))

    def _there(self) -> Desk:
        if self._desk is None:
            raise UnsupportedError("this server has no rollouts")
        return self._desk


class Both:
    """Answers what is looked at, and what is ordered, at one path."""

    def __init__(self, get: Get, post: Post) -> None:
        self._get, self._post = get, post

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer."""
        await (self._post if scope["method"] == "POST" else self._get)(scope, receive, send)
