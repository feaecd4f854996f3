"""Whom the data of a request is about."""

from __future__ import annotations

from typing import Any, TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.call import Call
from mainspring.serving.payloads.predictions import PredictionWriter, changed
from mainspring.serving.payloads.redaction import Redaction, request
from mainspring.serving.prediction import Prediction

Subject: TypeAlias = str | tuple[str | None, ...]

_LONGEST = 200
_NAME = request("subject")


class SubjectFinder:
    """Finds whom a request is about. For one thread.

    Args:
        where: ``header:NAME`` or ``column:NAME``; empty for nowhere.
        redaction: What must not be written as it is. A name whose column is hashed is hashed alike, and one whose
            column is dropped or masked is hashed, too.

    Raises:
        InputError: If ``where`` is not of this form, or the column is dropped or masked and there is no key.
    """

    def __init__(self, where: str, redaction: Redaction, predictions: PredictionWriter) -> None:
        kind, _, name = where.partition(":")
        if where and (kind not in ("header", "column") or not name):
            raise InputError(f"the subject is {where!r}", expected="header:NAME or column:NAME")
        self.wanted = bool(where)
        self._header = name.lower().encode() if kind == "header" else b""
        self._column = name if kind == "column" else ""
        self._predictions = predictions
        self._hashed = redaction.touches(_NAME) or redaction.touches(self._column)
        self._redaction = redaction
        if self._hashed and not redaction.keyed:
            raise InputError(
                f"the column {name!r} says whom a request is about, and must not be written",
                expected="a key, so that a hash of it can be kept: without it nobody could be erased",
                fix="set redact.key_env or redact.key_file",
            )

    def of(self, call: Call, prediction: Prediction | None) -> Subject:
        """Whom a call is about: one name for all of its rows, or one per row."""
        if self._header:
            value = call.headers.get(self._header, b"").decode("latin-1").strip()
            return self._kept(value) or "" if value else ""
        if prediction is None or self._column not in prediction.columns:
            return ""
        kinds = {column.name: column.datatype for column in self._predictions.plan(prediction).columns}
        found = tuple(changed(prediction.columns[self._column], kinds[self._column], self._kept))
        return found[0] or "" if len(set(found)) == 1 else found

    def _kept(self, value: Any) -> str | None:
        if value is None or isinstance(value, list | dict):
            return None
        text = str(value)[:_LONGEST]
        return self._redaction.hashed(text) if self._hashed else text
