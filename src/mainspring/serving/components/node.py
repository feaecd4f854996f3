"""What can be asked of a class of the user's, wherever it runs: the contract of Seldon's Python components."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

How: TypeAlias = Literal["tensors", "rows", "value"]
"""What is given: arrays by name, the rows of one request, or anything."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a class is asked to do.

    Attributes:
        do: The name of a method of the contract.
        value: The data.
        how: What the data is.
        names: Names of the columns of a matrix.
        more: What else the method may ask for by name, such as ``meta``.
    """

    do: str
    value: Any = None
    how: How = field(default="value", kw_only=True)
    names: Sequence[Any] | None = field(default=None, kw_only=True)
    more: Mapping[str, Any] | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a class answered.

    Attributes:
        value: What the method gave: an array, a list, a mapping, text, bytes or a number.
        tags: What it says about this answer, by name.
        metrics: What it wants counted: objects with ``type`` (``COUNTER``, ``GAUGE`` or ``TIMER``), ``key`` and
            ``value``.
    """

    value: Any
    tags: Mapping[str, Any] = field(default_factory=dict)
    metrics: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a class once it is loaded.

    Attributes:
        name: Its name.
        methods: Those of the contract that it has.
        takes: What ``predict`` is given: ``matrix``, ``columns``, ``rows``, ``frame`` or ``named``.
        calls_at_once: How many calls a process takes at a time.
        batches: Whether rows of several requests may come in one call.
        metadata: What ``init_metadata`` said.
        inputs: The inputs that it declares.
        outputs: The outputs that it declares.
        python: Version of the interpreter.
        numpy: Version of numpy there; ``None`` without.
    """

    name: str
    methods: tuple[str, ...]
    takes: str
    calls_at_once: int = 1
    batches: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Mapping[str, Any]] = ()
    outputs: Sequence[Mapping[str, Any]] = ()
    python: str = ""
    numpy: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Described:
        """From what the process says of itself."""
        known = {key: value for key, value in told.items() if key not in ("class", "methods")}
        return cls(name=told["class"], methods=tuple(told["methods"]), **known)


class Node(ABC):
    """A class of the user's that answers. Safe for threads.

    A method that the class does not have, or data that it cannot take, is an ``InputError``; whatever goes wrong
    in the class is a ``ModelError``, unless its exception has a ``status_code`` from 400 to 499, which blames the
    caller. ``names`` are those of the columns of a matrix.
    """

    @property
    @abstractmethod
    def described(self) -> Described:
        """What is known of the class."""

    @abstractmethod
    def run(self, errand: Errand) -> Reply:
        """Have the class do something.

        Raises:
            InputError: If the class cannot take that, or says that the caller is to blame.
            ModelError: If the class fails.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of it, once no call is under way."""

    @property
    def trouble(self) -> str:
        """Why it cannot answer at the moment; empty if it can."""
        return ""

    def call(
        self,
        do: str,
        value: Any = None,
        *,
        how: How = "value",
        names: Sequence[Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Call a method of the contract; see :class:`Errand`.

        Raises:
            MainspringError: As :meth:`run`.
        """
        return self.run(Errand(do, value, how=how, names=names, more=more))

    def predict(
        self, data: Any, names: Sequence[str] | None = None, meta: Mapping[str, Any] | None = None
    ) -> Reply:
        """The answer to data."""
        return self.call("predict", data, names=names, more=meta and {"meta": meta})

    def transform_input(
        self, data: Any, names: Sequence[str] | None = None, meta: Mapping[str, Any] | None = None
    ) -> Reply:
        """Data on its way to another node."""
        return self.call("transform_input", data, names=names, more=meta and {"meta": meta})

    def transform_output(
        self, data: Any, names: Sequence[str] | None = None, meta: Mapping[str, Any] | None = None
    ) -> Reply:
        """An answer on its way back from another node."""
        return self.call("transform_output", data, names=names, more=meta and {"meta": meta})

    def route(self, data: Any, names: Sequence[str] | None = None, meta: Mapping[str, Any] | None = None) -> int:
        """The number of the branch that data goes to; -1 for all, -2 for none."""
        chosen: int = self.call("route", data, names=names, more=meta and {"meta": meta}).value
        return chosen

    def aggregate(
        self,
        parts: Sequence[Any],
        names: Sequence[Sequence[str]] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One answer made of those of several branches."""
        return self.call("aggregate", list(parts), names=names, more=meta and {"meta": meta})

    def send_feedback(
        self,
        data: Any,
        names: Sequence[str] | None = None,
        *,
        reward: float | None = None,
        truth: Any = None,
        routing: int | None = None,
    ) -> Reply:
        """Tell it how good an answer was."""
        return self.call(
            "send_feedback", data, names=names, more={"reward": reward, "truth": truth, "routing": routing}
        )

    def health_status(self) -> Any:
        """What the class says of its health; raises if it is ill."""
        return self.call("health_status").value
