"""From a finished call to the line that is logged of it, in a few microseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from mainspring.serving.call import Call
from mainspring.serving.payloads.arrays import ArrayWriter, plain_value
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.payloads.packing import ROWS, Line
from mainspring.serving.payloads.predictions import PredictionWriter
from mainspring.serving.payloads.redaction import Redaction, request
from mainspring.serving.payloads.subjects import SubjectFinder
from mainspring.serving.prediction import Prediction
from mainspring.serving.terms import LONGEST_ID
from mainspring.serving.visit import path_of


class CallEncoder:
    """Writes calls as the lines of a log. For one thread.

    Args:
        options: What is logged.
        redaction: What is changed before.
        blobs: Where large values go.

    Raises:
        InputError: If the options say where to find the subject, and it cannot be kept.
    """

    def __init__(self, options: PayloadOptions, redaction: Redaction, blobs: Blobs) -> None:
        self._max_body, self._redaction = options.max_body, redaction
        arrays = ArrayWriter(blobs, options.inline_bytes)
        self._predictions = PredictionWriter(arrays, redaction)
        self._subjects = SubjectFinder(options.subject, redaction, self._predictions)
        self._plain = not (redaction.active or self._subjects.wanted)
        self._encode = msgspec.json.Encoder(enc_hook=plain_value).encode

    def line(self, call: Call, share: float = 1.0, *, apart: bool = False) -> bytes:
        """The line of a call, with its line feed.

        Args:
            call: Finished.
            share: The share of calls like it that are logged.
            apart: Whether all its values are stored apart, because there are so many.
        """
        # Rows made up by an explainer would look like drift, and fill the disk.
        prediction, question = None if call.made_up else call.prediction, call.question
        trace, caller = call.trace, call.caller
        usual = self._plain and share == 1.0 and call.error is None and not (question and question.parameters)
        if prediction is not None and prediction.rows < ROWS:
            columns, outputs = self._predictions.few(prediction)
            usual = usual and not (call.decisions or call.visits or call.cached or call.batch or prediction.tags)
        else:
            columns, outputs, usual = {}, {}, False
        line = Line(
            id=call.id[:LONGEST_ID],
            time=call.time,
            model=call.model,
            version=call.version,
            protocol=call.protocol,
            status=call.status,
            columns=columns,
            outputs=outputs,
            latency=call.ended - call.began if call.began else 0.0,
            trace="" if trace is None else trace.trace,
            caller="" if caller is None else caller.name,
        )
        if usual:  # few have more to tell
            return self._encode(line) + b"\n"
        line = msgspec.structs.replace(line, **self._more(call, prediction, share, apart=apart))
        return self._encode(self._redacted(line, call) if self._redaction.active else line) + b"\n"

    def _more(self, call: Call, prediction: Prediction | None, share: float, *, apart: bool) -> dict[str, Any]:
        """What few calls have: the rest of the fields of a line."""
        more: dict[str, Any] = {}
        if prediction is not None and prediction.rows >= ROWS:
            more = self._many(prediction, apart)
        if prediction is not None and prediction.tags:
            more["tags"] = prediction.tags
        if call.error is not None:
            more["error"], more["kind"] = call.error, call.kind
            more["body"] = call.body[: self._max_body].decode("utf-8", "replace")
        if self._subjects.wanted:
            more["subject"] = self._subjects.of(call, prediction)
        if call.decisions:
            more["decisions"] = call.decisions
        if call.visits:
            more["path"] = path_of(call.visits)
        if call.cached:
            more["cached"] = True
        if call.batch:
            more["batch"] = call.batch
        if share != 1.0:
            more["share"] = share
        if call.question is not None and call.question.parameters:
            more["parameters"] = call.question.parameters
        return more

    def _many(self, prediction: Prediction, apart: bool) -> dict[str, Any]:
        shown = self._predictions.many(prediction, apart=apart)
        return {
            "columns": shown.columns,
            "outputs": shown.outputs,
            "packed_columns": shown.packed_columns,
            "packed_outputs": shown.packed_outputs,
        }

    def _redacted(self, line: Line, call: Call) -> Line:
        """A line without what its columns and outputs have already lost."""
        redaction = self._redaction
        names = () if call.served is None else (item.name for item in call.served.model.inputs)
        return msgspec.structs.replace(
            line,
            error=None if line.error is None else redaction.about(line.error, names),
            body=None,
            caller=redaction.text(request("caller"), line.caller),
            parameters=redaction.plain(line.parameters),
        )
