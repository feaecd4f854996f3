from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.monitoring.simulation import Recording
from mainspring.monitoring.windows.window import TRUTH
from mainspring.serving.feedback import Feedback
from mainspring.serving.payloads import LogRecord

DAY = 86400.0


class Linear:
    """Least squares on two columns, as probabilities of a logistic."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def predict(self, table: Table) -> Predictions:
        scores = 1 / (1 + np.exp(-matrix(table) @ self.weights))
        return Predictions(("no", "yes"), np.column_stack([1 - scores, scores]))


def matrix(table: Table) -> Any:
    return np.column_stack([table.column("a"), table.column("b"), np.ones(table.num_rows)])


def trained(rows: Table) -> Linear:
    truth = (rows.column(TRUTH) == "yes") * 2.0 - 1
    return Linear(2 * np.linalg.lstsq(matrix(rows), truth, rcond=None)[0])


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Fails where fewer than four fifths of the known answers are right."""

    name: str = "quality"
    on_truth: bool = True

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        rows = seen.window.table
        if TRUTH not in rows.names:
            silent = Reason(ok=True, code="NO_LABELS", message="no labels yet")
            return Judged(verdict=Verdict.of("quality", [silent]), memory=memory)
        pairs = zip(rows.column("output.label"), rows.column(TRUTH), strict=True)
        share = float(np.mean([answer == truth for answer, truth in pairs if truth is not None]))
        reason = Reason(
            ok=share >= 0.8,
            code="ACCURACY",
            message=f"accuracy {share:.2f}",
            subject="accuracy",
            observed=share,
            expected=0.8,
        )
        figures = {"accuracy": Figure(value=share, least=0.8)}
        return Judged(verdict=Verdict.of("quality", [reason]), figures=figures)


def records(days: int = 20, changed: float = 8.0, seed: int = 0) -> tuple[list[LogRecord], list[Feedback]]:
    """Twelve requests of fifteen rows a day; the truth of four in five comes within hours.

    From the changed day on, the one column means the opposite.
    """
    random = np.random.default_rng(seed)
    log, feedback = [], []
    model = None
    for number in range(12 * days):
        time = number * DAY / 12
        a, b, noise = random.normal(size=(3, 15))
        sign = -1 if time >= changed * DAY else 1
        truth = np.where(2 * sign * a + b + 0.5 * noise > 0, "yes", "no")
        columns = {"a": a.tolist(), "b": b.tolist()}
        if model is None:
            model = Linear(np.array([2.0, 1.0, 0.0]))
        answers = model.predict(Table.from_columns(columns))
        outputs = {
            "label": answers.labels.tolist(),
            "probability.no": answers.scores[:, 0].tolist(),
            "probability.yes": answers.scores[:, 1].tolist(),
        }
        log.append(
            LogRecord(id=f"r{number}", time=time, model="taxi", version="1.0.0", columns=columns, outputs=outputs)
        )
        for row in range(15):
            if random.random() < 0.8:
                told = time + float(random.exponential(6 * 3600))
                feedback.append(
                    Feedback(
                        id=f"r{number}",
                        key="truth",
                        value=str(truth[row]),
                        row=row,
                        time=time,
                        received=told,
                        model="taxi",
                    )
                )
    return log, feedback


@pytest.fixture(scope="session")
def logged() -> tuple[list[LogRecord], list[Feedback]]:
    return records()


@pytest.fixture(scope="session")
def recording(logged: tuple[list[LogRecord], list[Feedback]]) -> Recording:
    return Recording.of(*logged, model="taxi")


@pytest.fixture(scope="session")
def checks() -> dict[str, Any]:
    return {"quality": Accuracy()}


@pytest.fixture(scope="session")
def fit() -> Any:
    """Trains on rows."""
    return trained
