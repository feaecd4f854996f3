from __future__ import annotations

import json
import math

from mainspring.evaluation import Interval, Measured
from mainspring.evaluation.metrics.measured import Sheet


def test_a_fraction_without_denominator_is_nan_with_its_reason() -> None:
    sheet = Sheet(3)
    assert math.isnan(sheet.fraction("recall", 0, 0, why="no positives"))
    assert sheet.fraction("accuracy", 1, 2, why="no rows", interval=Interval(0.1, 0.9)) == 0.5
    found = sheet.done()
    assert found.reasons == {"recall": "no positives"}
    assert found.intervals == {"accuracy": (0.1, 0.9)}


def test_spoiling_keeps_the_named_figures() -> None:
    sheet = Sheet(3)
    sheet.put("count", 3)
    sheet.put("auc", 0.9, interval=Interval(0.8, 1.0))
    sheet.spoil("broken", keep=frozenset({"count"}))
    found = sheet.done()
    assert found.values["count"] == 3
    assert found.reasons == {"auc": "broken"}
    assert not found.intervals


def test_nan_survives_json() -> None:
    found = Measured(2, {"auc": math.nan, "accuracy": 0.5}, {"accuracy": Interval(0.1, 0.9)}, {"auc": "why"})
    back = Measured.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False)))
    assert math.isnan(back.values["auc"])
    assert (back.count, back.intervals, back.reasons) == (2, found.intervals, found.reasons)
