"""Explaining the answers of a served model within limits, one request after the other or a few at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.evaluation.explanation.answers import Answer, Remembered
from mainspring.evaluation.explanation.budgets import Budget
from mainspring.evaluation.explanation.explainer import Explainer
from mainspring.serving.explaining.questions import ExplainQuestion
from mainspring.serving.remote import RemotePredictor

SECONDS: Final = 10.0
ROWS: Final = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost, and how many may run.

    Attributes:
        seconds: The most time for all rows of a request.
        rows: The most rows that the model is asked for a request.
        instances: The most rows that a request may want explained.
        concurrency: Requests at the same time; one more is told to come again.
    """

    seconds: float = SECONDS
    rows: int = ROWS
    instances: int = 100
    concurrency: int = 2


DEFAULT: Final = Limits()


class Explaining:
    """An explainer and the model that it asks over the wire. Safe for threads.

    Args:
        explainer: How answers are explained.
        url: The prediction server.
        model: The name of the model there, and here.
        version: Its version; the highest that is served without it.
        limits: What may be spent.
    """

    def __init__(
        self, explainer: Explainer, *, url: str, model: str, version: str | None = None, limits: Limits = DEFAULT
    ) -> None:
        self.explainer, self.url, self.model, self.version, self.limits = explainer, url, model, version, limits
        self._example = next(explainer.background.rows(0, 1).iter_rows())
        self._remembered = Remembered()
        self._remote: RemotePredictor | None = None
        self._lock = threading.Lock()

    def find(self, model: str, version: str | None) -> RemotePredictor:
        """The model that a request is about, connected.

        Raises:
            NotFoundError: If it is not explained here, or the prediction server has no such model.
            UnavailableError: If the prediction server does not answer.
        """
        if model != self.model:
            raise NotFoundError(f"model {model!r} is not explained here", expected=repr(self.model))
        if version is not None and version != (self.version or version):
            raise NotFoundError(
                f"version {version!r} of model {model!r} is not explained here", expected=repr(self.version)
            )
        wanted = version or self.version
        with self._lock:
            remote = self._remote
            if remote is not None and wanted is None:
                wanted = remote.newest()
            if remote is None or remote.version != wanted:
                remote = self._remote = RemotePredictor.connect(
                    self.url, model, version=wanted, example=self._example, explains=True
                )
            return remote

    def explain(self, remote: RemotePredictor, question: ExplainQuestion) -> list[Answer]:
        """Explain rows.

        Raises:
            InputError: If it asks for more than the limits allow, or does not fit the model.
            NotFoundError: If the explainer has no such method.
            BudgetError: If the budget is spent and the method cannot stop early.
        """
        self._check(question)
        return self.explainer.explain(
            remote,
            self.explainer.table(question.columns),
            question.method,
            output=question.output,
            wanted=question.wanted,
            budget=Budget(
                rows=question.budget.rows or self.limits.rows,
                seconds=question.budget.seconds or self.limits.seconds,
            ),
            model=str(remote),
            remembered=self._remembered,
        )

    def _check(self, question: ExplainQuestion) -> None:
        figures = (
            ("rows to explain", question.rows, self.limits.instances),
            ("rows of the model", question.budget.rows, self.limits.rows),
            ("seconds", question.budget.seconds, self.limits.seconds),
        )
        wrong = [f"{given:g} {what}" for what, given, most in figures if given is not None and given > most]
        if wrong:
            raise InputError(
                "the request asks for " + " and ".join(wrong),
                expected=", ".join(f"at most {most:g} {what}" for what, _, most in figures),
                fix="ask for less, or start the service with larger limits",
            )
