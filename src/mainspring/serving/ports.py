"""What serving needs of a package, and what a server needs of whatever it serves.

:class:`mainspring.models.package.Package` is a :class:`Servable`; a test or a plugin may bring its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt

from mainspring.evaluation.assertions import Assertion
from mainspring.models.signature import Field, Signature
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.question import Question

__all__ = ["Answering", "Asking", "Control", "Inputs", "Prediction", "Runtime", "Servable"]


class Runtime(Protocol):
    """A loaded model.

    Promises:
        - ``predict`` may be called by several threads at once.
        - It takes every column of the signature in the form that ``Signature.columns`` gives (float64 with NaN
          for missing, or an object array of text and ``None``), at least one row, and does not change it.
        - It gives every output of the signature, row for row.
    """

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        """Compute the outputs: ``label`` and ``probabilities``, or ``prediction``."""
        ...


class Servable(Protocol):
    """A model that can be opened for serving.

    It may have ``assertions``, a tuple of :class:`mainspring.evaluation.assertions.Assertion`: the server holds
    its answers to them.
    """

    @property
    def signature(self) -> Signature:
        """What it asks for and answers."""
        ...

    @property
    def runtime(self) -> str:
        """The name of what runs it, such as ``"onnx"``."""
        ...

    @property
    def input_example(self) -> Sequence[Mapping[str, Any]]:
        """Rows that it answers; the server warms up with them. May be empty."""
        ...

    def open(self, threads: int = 1) -> Runtime:
        """Load it. May be called more than once; every call gives a runtime of its own."""
        ...


class Answering(Protocol):
    """What is served under a name and a version: a package, a model of tensors, a class of the user's.

    Promises:
        - Every method but ``warm`` and ``close`` may be called by several threads at once.
        - ``compute`` is the only one that takes long. It knows nothing of requests: rows of several may come in
          one call, and each is answered as if it were alone.
        - ``finish`` gets what ``compute`` gave for exactly these inputs.
    """

    name: str
    version: str
    runtime: str
    """The name of what runs it."""
    assertions: tuple[Assertion, ...]
    """What its answers are held to."""

    @property
    def inputs(self) -> Sequence[Field]:
        """What it asks for. Empty if it takes anything."""
        ...

    @property
    def outputs(self) -> Sequence[Field]:
        """What it answers, as callers see it. Empty if that is known only by asking."""
        ...

    @property
    def quick(self) -> bool:
        """Whether a row is computed in less time than it takes to hand it to a thread."""
        ...

    @property
    def task(self) -> str:
        """``"classification"``, ``"regression"``, or ``""`` where that says nothing."""
        ...

    @property
    def classes(self) -> Sequence[str] | None:
        """Names of the classes, in the order of the probabilities."""
        ...

    def read(self, question: Question) -> Inputs:
        """Check a question, and bring it into the form that ``compute`` takes.

        Raises:
            BadInputError: With every problem of the question, wanted outputs that do not exist included.
        """
        ...

    def compute(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """The model's own outputs for at least one row.

        Raises:
            MainspringError: If it fails, or gives something else than it promises.
        """
        ...

    def finish(self, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float) -> Prediction:
        """The answer, with what assertions make of it."""
        ...

    def nothing(self, inputs: Inputs) -> Prediction:
        """The answer to no row at all, for which no model is asked."""
        ...

    @property
    def trouble(self) -> str:
        """Why it cannot answer at the moment, such as a process that died; empty if it can."""
        ...

    def warm(self, example: Sequence[Mapping[str, Any]] = ()) -> None:
        """Answer a few times, so that the first caller does not wait, and find out whether it is quick.

        Raises:
            MainspringError: If it cannot: it must not be served then.
        """
        ...

    def close(self) -> None:
        """Let go of processes and files; called once, when nothing is in flight any more."""
        ...


@runtime_checkable
class Asking(Protocol):
    """What waits for another process when it is asked, and can do so without a thread."""

    async def ask(self, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What ``compute`` of the same model gives, without holding up the event loop.

        Raises:
            MainspringError: As ``compute`` does.
        """
        ...


class Control(Protocol):
    """Changes what a server serves, in all of its processes.

    Promises:
        - A change that fails leaves everything as it was, and raises.
        - When a method returns, every process of the server has made the change.
    """

    async def load(
        self, name: str, *, config: str | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Load a model, or load it anew; afterwards it answers.

        Args:
            name: The model.
            config: Its options as JSON, instead of those that it has.
            files: Its package, by path, instead of what lies in the repository.

        Raises:
            NotFoundError: If there is no such model.
            MainspringError: If it cannot be loaded: what was served before still is.
        """
        ...

    async def arrange(self, name: str, *, config: str | None = None) -> None:
        """Give a model other labels, or another rollout, from one request to the next; nothing is loaded.

        Args:
            name: The model.
            config: Its options ``labels`` and ``rollout`` as JSON; without it every process looks again at how the
                rollout stands.

        Raises:
            NotFoundError: If the model is not served, or these name a version that is not loaded.
            InputError: If the options say anything else.
        """
        ...

    async def unload(self, name: str, *, version: str | None = None) -> None:
        """Stop serving a model, or one version of it; requests in flight are finished.

        Raises:
            NotFoundError: If it is not served.
        """
        ...
