"""Infra validation: a real server process is started on a package and asked real rows.

The last gate before a model is pushed. What the server answers over HTTP is compared with what the trained model
predicted, so that nothing between the two, from the package to the wire, can have changed it unseen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core.errors import InputError, MainspringError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import enforce
from mainspring.models.package import Package, columns_of
from mainspring.models.signature import Signature
from mainspring.serving.asserting import served
from mainspring.serving.blocked import BlockedError
from mainspring.serving.client import Client
from mainspring.serving.comparison import Comparison
from mainspring.serving.probing import Questions, folder_of, sendable
from mainspring.serving.server_process import ServerProcess

if TYPE_CHECKING:
    from mainspring.data import Table

GATE = "infra validation"
LEAST_TOLERANCE = 1e-9
_MODEL = "candidate"


def validate(
    package: Package | Path,
    expected: Predictions,
    rows: Table,
    *,
    batch: int = 200,
    singles: int = 100,
    tolerance: float | None = None,
    seed: int = 0,
    timeout: float = 60.0,
) -> Verdict:
    """Serve a package for real, and compare its answers with the predictions of training time.

    Every row is asked in a batch (Open Inference Protocol), by column name and in a shuffled order of columns;
    some are asked alone as well (KServe V1), which gives the latency. Rows that hold infinity cannot be sent as
    JSON and are left out; a reason says how many.

    Args:
        package: The package or its folder.
        expected: What the trained model itself predicts on the rows; the answers are expected to be held to the
            assertions that the package declares.
        rows: The rows; other columns than the model's are ignored.
        batch: Rows per request.
        singles: How many rows are asked one by one.
        tolerance: How far a probability may lie from the expected one (for numbers: relative to 1 + the value); by
            default what the package itself claims, at least 1e-9. Labels must be equal, save where the two best
            classes tie within it.
        seed: Of the order of columns and the choice of single rows.
        timeout: Seconds within which the server must be ready.

    Returns:
        A verdict with a reason for every thing that was checked. Its details hold ``rows``, ``singles``,
        ``startup_seconds``, ``latency_p50_ms``, ``latency_p99_ms``, ``max_abs_difference`` and the first
        ``differing`` rows.

    Raises:
        InputError: If there is not one expected prediction per row, or no row.
    """
    if len(expected) != rows.num_rows or not len(expected):
        raise InputError(
            f"{rows.num_rows} rows and {len(expected)} expected predictions",
            expected="one prediction per row, and at least one row",
        )
    with folder_of(package) as folder:
        loaded = package if isinstance(package, Package) else Package.load(folder)
        if expected.classes != loaded.signature.classes:
            return Verdict.of(GATE, [_other_classes(expected.classes, loaded.signature.classes)])
        allowed = max(LEAST_TOLERANCE, loaded.parity.tolerance) if tolerance is None else tolerance
        arrays = columns_of(rows, loaded.signature)
        asked = sendable(arrays, rows.num_rows)
        if not asked.any():
            return Verdict.of(GATE, [_unsendable(asked, ok=False)])
        expected = enforce(loaded.assertions, arrays, expected).predictions.where(asked)
        questions = Questions.of({name: array[asked] for name, array in arrays.items()}, loaded.signature, seed)
        server = ServerProcess(folder, name=_MODEL, timeout=timeout)
        began = time.perf_counter()
        try:
            server.start()
        except MainspringError as error:
            return Verdict.of(GATE, [Reason(ok=False, code="SERVER_NOT_READY", message=str(error))])
        try:
            startup = time.perf_counter() - began
            with Client(server.url) as client:
                signature = served(loaded.signature, loaded.assertions)
                examined = _Examined(client, signature, Comparison(expected, allowed, questions.row))
                if not asked.all():
                    examined.reasons.append(_unsendable(asked, ok=True))
                try:
                    examined.metadata()
                    examined.batches(questions, batch)
                    examined.singles(questions, min(singles, len(expected)))
                    examined.bad_input(questions)
                except MainspringError as error:
                    examined.note(False, "SERVER_FAILED", f"{error}\n{server.errors}".rstrip())
        finally:
            status = server.stop()
    return examined.verdict(loaded.runtime, startup, status, len(expected))


def with_missing(rows: Table, signature: Signature) -> Table:
    """The rows, and for every column that may be missing one more row without it, and one without any of them.

    Args:
        rows: At least one row, from which the others are made.
        signature: Says which columns may be missing.
    """
    nullable = [item.name for item in signature.inputs if item.nullable and item.name in rows.names]
    if not nullable or not rows.num_rows:
        return rows
    kept = [name for name in signature.names if name in rows.names]
    # One copy of the first row per column to leave out, and one more; a NULL in a CASE keeps its column's type.
    places = {name: place for place, name in enumerate(nullable)}
    cells = ", ".join(
        _unless(_quoted(name), places[name], len(places)) if name in places else _quoted(name) for name in kept
    )
    copies = f"range({len(places) + 1}) AS copies(which)"
    rest = rows.rows(0, 1).sql(f"SELECT {cells} FROM this, {copies} ORDER BY copies.which")  # noqa: S608  names are quoted
    return rows.select(kept).concat(rest)


def _unless(cell: str, place: int, last: int) -> str:
    return f"CASE WHEN copies.which NOT IN ({place}, {last}) THEN {cell} END AS {cell}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True)
class _Examined:
    """A server under examination, and what was found out about it."""

    client: Client
    signature: Signature
    comparison: Comparison
    reasons: list[Reason] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def note(self, ok: bool, code: str, message: str, **more: Any) -> None:
        self.reasons.append(Reason(ok=ok, code=code, message=message, **more))

    def metadata(self) -> None:
        self.note(True, "SERVER_READY", "the server process started and says that it is ready")
        found = self.client.metadata(_MODEL)
        wrong = []
        for kind, fields in (("inputs", self.signature.inputs), ("outputs", self.signature.outputs)):
            wanted = [{"name": f.name, "datatype": f.datatype, "shape": list(f.shape)} for f in fields]
            if found.get(kind) != wanted:
                wrong.append(f"{kind} are {found.get(kind)}, the signature says {wanted}")
        if wrong:
            self.note(False, "METADATA_DIFFERS", "the server describes another model: " + "; ".join(wrong))
        else:
            self.note(
                True, "METADATA_EQUAL", f"the metadata names the {len(self.signature.inputs)} columns it reads"
            )

    def batches(self, questions: Questions, size: int) -> None:
        total = len(self.comparison.expected)
        try:
            for start in range(0, total, size):
                outputs = self.client.infer(_MODEL, questions.part(start, start + size))
                self.comparison.compare(range(start, min(start + size, total)), outputs)
        except MainspringError as error:
            message = f"rows {start} to {min(start + size, total) - 1} were not answered: {error}"
            self.note(False, "BATCH_REFUSED", message, observed=start)
            return
        self._conclude("BATCH", f"all {total} rows, asked {size} at a time with columns shuffled")

    def singles(self, questions: Questions, count: int) -> None:
        before = len(self.comparison.differences)
        chosen = sorted(questions.order.sample(range(len(self.comparison.expected)), count))
        for index in chosen:
            row = questions.row(index)
            began = time.perf_counter()
            try:
                [answer] = self.client.predict(_MODEL, [row], probabilities=True)
            except BlockedError:
                answer = None
            except MainspringError as error:
                self.note(False, "ROW_REFUSED", f"row {index} was not answered: {error}", observed=index)
                return
            self.seconds.append(time.perf_counter() - began)
            self.comparison.compare([index], _as_outputs(answer, self.signature))
        self._conclude("SINGLE", f"{count} rows, asked one by one", before)

    def bad_input(self, questions: Questions) -> None:
        """A value of the wrong type must be refused by name, and the next row answered."""
        name = self.signature.names[0]
        row = questions.row(0)
        try:
            self.client.predict(_MODEL, [{**row, name: {}}])
        except InputError as error:
            named = name in str(error)
            lives = self.client.ready()
            self.note(
                named and lives,
                "BAD_INPUT_REFUSED" if named and lives else "BAD_INPUT_MISHANDLED",
                f"a wrong value in column {name!r} is refused"
                + ("" if named else ", but its column is not named")
                + ("" if lives else ", but the server is not ready afterwards"),
                subject=name,
            )
        except MainspringError as error:
            self.note(False, "BAD_INPUT_MISHANDLED", f"a wrong value in column {name!r}: {error}", subject=name)
        else:
            self.note(False, "BAD_INPUT_ACCEPTED", f"a wrong value in column {name!r} is accepted", subject=name)

    def verdict(self, runtime: str, startup: float, status: int, rows: int) -> Verdict:
        if status != 0:
            self.note(False, "UNCLEAN_STOP", f"the server ended with status {status}", observed=status, expected=0)
        details: dict[str, Any] = {
            "runtime": runtime,
            "rows": rows,
            "singles": len(self.seconds),
            "tolerance": self.comparison.tolerance,
            "max_abs_difference": self.comparison.largest,
            "startup_seconds": round(startup, 3),
            "differing": [difference.as_dict() for difference in self.comparison.first],
        }
        for percent in (50, 99) if self.seconds else ():
            details[f"latency_p{percent}_ms"] = round(float(np.percentile(self.seconds, percent)) * 1e3, 3)
        return Verdict.of(GATE, self.reasons, details)

    def _conclude(self, kind: str, what: str, before: int = 0) -> None:
        found = self.comparison.differences[before:]
        if found:
            shown = "; ".join(str(difference) for difference in found[:3])
            message = f"{len(found)} of {what}, got another answer than in training: {shown}"
            self.note(False, f"{kind}_DIFFERS", message, observed=len(found), expected=0)
        else:
            self.note(True, f"{kind}_EQUAL", f"{what}, got the answers of training", observed=0, expected=0)


def _unsendable(asked: np.ndarray, *, ok: bool) -> Reason:
    count = int((~asked).sum())
    which = f"{count} of {len(asked)} rows" if ok else f"all {count} rows"
    return Reason(
        ok=ok, code="NOT_ASKED", message=f"{which} hold infinity, which no request can carry, and were not asked"
    )


def _other_classes(trained: tuple[str, ...] | None, served: tuple[str, ...] | None) -> Reason:
    return Reason(
        ok=False,
        code="CLASSES_DIFFER",
        message=f"the model was trained for {_words(trained)}, and the package answers {_words(served)}",
        observed=_words(served),
        expected=_words(trained),
    )


def _words(classes: tuple[str, ...] | None) -> str:
    return "a number" if classes is None else "the classes " + ", ".join(map(repr, classes))


def _as_outputs(answer: Any, signature: Signature) -> dict[str, list[Any]]:
    if signature.classes is None:
        return {"prediction": [answer]}
    if answer is None:
        return {"label": [None], "probabilities": [[None] * len(signature.classes)]}
    return {
        "label": [answer["label"]],
        "probabilities": [[answer["probabilities"][word] for word in signature.classes]],
    }
