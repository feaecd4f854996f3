"""A class of the user's in the process of the server itself: for classes that are as trusted as the server."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import numpy as np

from mainspring.core.errors import UnavailableError
from mainspring.serving.components import child
from mainspring.serving.components.node import Described, Errand, Node, Reply
from mainspring.serving.components.options import Component, setup_of
from mainspring.serving.components.problems import refused


class InlineComponent(Node):
    """A class that is called where it is asked. Safe for threads: one call at a time unless the class allows more.

    What it keeps, breaks or waits for is the server's, and no limit holds for it.

    Args:
        component: The class.
        name: What errors name.

    Raises:
        UnavailableError: If it cannot be loaded.
    """

    def __init__(self, component: Component, *, name: str = "component") -> None:
        self.name = name
        try:
            self._served = child.Served(setup_of(component))
        except Exception as error:
            raise UnavailableError(
                f"{component.entry} cannot be served: {type(error).__name__}: {error}",
                expected="a class that can be made and loaded",
                where=name,
            ) from error
        self._described = Described.of(self._served.describe())
        several = (component.calls_at_once or self._described.calls_at_once) > 1
        self._turn: threading.Lock | nullcontext[None] = nullcontext() if several else threading.Lock()

    @property
    def described(self) -> Described:
        """What is known of the class."""
        return self._described

    def run(self, errand: Errand) -> Reply:
        """Have the class do something, here and now.

        Raises:
            InputError: If the class cannot take that, or says that the caller is to blame.
            ModelError: If the class fails.
        """
        names = None if errand.names is None else list(errand.names)
        try:
            with self._turn:
                found = self._served.call(errand.do, errand.how, errand.value, names, dict(errand.more or {}))
            answer, tags, metrics = (_plain(one) for one in found)
        except child.WrongInputError as error:
            raise refused(str(error), 400, self.name) from error
        except Exception as error:
            text, status = child.blamed(error)
            raise refused(text, status, self.name) from error
        return Reply(answer, tags or {}, metrics or ())

    def close(self) -> None:
        """Tell the class, if it wants to know."""
        child.unload(self._served)


def _is_sent_as_it_is(name: Any, value: Any) -> bool:
    """Whether a value by name is an array of numbers or texts, which comes out of a frame as it went in."""
    if type(name) is not str or type(value) is not np.ndarray:
        return False
    kind = value.dtype.kind
    if kind == "O":
        return value.ndim == 1 and all(one is None or type(one) is str for one in value.tolist())
    return kind in "biuf" and value.dtype.itemsize <= 8 and value.dtype.isnative


def _plain(value: Any) -> Any:
    """What another process would have been sent."""
    if value is None or isinstance(value, np.ndarray | str | bytes | bool | int | float):
        return value
    if type(value) is dict and all(_is_sent_as_it_is(name, one) for name, one in value.items()):
        return value
    parts: list[Any] = []
    told = child.written(value, parts)
    return child.Reader(bytearray(child.joined(parts))).value(told)
