"""One request for predictions on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mainspring.models.problems import Problem
from mainspring.serving.caller import Caller
from mainspring.serving.decision import Decision
from mainspring.serving.ports import Prediction
from mainspring.serving.question import Question
from mainspring.serving.served import Served
from mainspring.serving.trace_context import TraceContext
from mainspring.serving.undecided import Undecided
from mainspring.serving.visit import Visit


class Call(msgspec.Struct, eq=False):
    """One request for predictions: filled in step by step, and told of however far it got.

    Attributes:
        protocol: The protocol it came in: ``"v1"``, ``"v2"``, ``"grpc"`` …
        model: The model asked for.
        version: The version asked for, and once it is found, the one that answers.
        label: The label asked for instead of a version.
        id: The caller's id, or one made for it.
        time: When it arrived, in seconds since the epoch.
        arrived: When it arrived, by ``time.perf_counter``.
        began: When its last byte was read, by the same clock; 0 before.
        asked: When its question was read, by the same clock; 0 before.
        computed: When the model had answered, by the same clock; 0 before.
        ended: When its answer was ready, by the same clock; 0 before.
        headers: Of the request, by name in lower case; the metadata of gRPC in the same form.
        peer: The address it came from; ``None`` for a local socket.
        caller: Who asks, if that is known.
        trace: Where it stands in a distributed trace.
        deadline: When its answer is of no use any more, by ``time.perf_counter``.
        priority: Among those that wait; 1 is the highest, 0 stands for none.
        served: What answers.
        body: What was asked, as it was sent; cut short once it is no longer needed.
        question: What was asked, as it was read.
        prediction: The answer of the model.
        queue: Seconds that it waited for the model.
        cached: Whether the answer was remembered.
        batch: Rows that were computed together with it, its own included; 0 if it was not batched.
        status: The HTTP status of the answer, or the one that means the same; 0 before.
        error: Why it failed, in words.
        kind: Why it failed, as the code of an error.
        problems: What was wrong with its rows, if that is why.
        made_up: Whether its rows were made up to explain another request.
        sent: Bytes of the answer's body.
        entered: What it was let into, as whoever limits requests keeps it; empty if nobody does.
        decisions: What routers decided about it.
        undecided: What may answer it, if its question decides; stays when that is decided.
        visits: The nodes of a graph that it was at.
    """

    protocol: str
    model: str
    version: str = ""
    label: str = ""
    id: str = ""
    time: float = 0.0
    arrived: float = 0.0
    began: float = 0.0
    asked: float = 0.0
    computed: float = 0.0
    ended: float = 0.0
    headers: Mapping[bytes, bytes] = {}
    peer: str | None = None
    caller: Caller | None = None
    trace: TraceContext | None = None
    deadline: float | None = None
    priority: int = 0
    served: Served | None = None
    body: bytes = b""
    question: Question | None = None
    prediction: Prediction | None = None
    queue: float = 0.0
    cached: bool = False
    batch: int = 0
    status: int = 0
    error: str | None = None
    kind: str = ""
    problems: Sequence[Problem] = ()
    made_up: bool = False
    sent: int = 0
    entered: tuple[object, ...] = ()
    decisions: tuple[Decision, ...] = ()
    visits: tuple[Visit, ...] = ()
    undecided: Undecided | None = None

    @property
    def latency(self) -> float:
        """Seconds from the last byte read to the answer being ready; 0 if it was never read."""
        return self.ended - self.began if self.began else 0.0

    @property
    def compute(self) -> float:
        """Seconds that the model computed for it."""
        return self.prediction.seconds if self.prediction is not None else 0.0

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return self.prediction.rows if self.prediction is not None else 0

    @property
    def names(self) -> tuple[str, str]:
        """Name and version of what answers; empty if nothing was found.

        A name that is not served would make a new series for every typing error.
        """
        served = self.served
        return ("", "") if served is None else served.names
