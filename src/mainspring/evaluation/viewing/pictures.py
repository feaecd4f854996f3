"""The pictures of an evaluation, alone or laid over that of another model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.data.viewing.wording import counted, figure, percent, shortened
from mainspring.evaluation.curves import Curves
from mainspring.evaluation.drawing import Line, histogram, line_chart, reliability_chart, scatter_chart
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.viewing.material import Picture

Pairs = Sequence[tuple[str, Curves]]
"""Names of models with their curves, that of the page first."""

SMALL = (236.0, 232.0)
_NAME = 40


def roc(pairs: Pairs, name: str, *, mark: tuple[float, float] | None = None) -> Picture | None:
    """Of the positive rows found, how many negative ones come along."""
    lines = [Line(name=label, points=one.roc) for label, one in pairs if one.roc]
    if not pairs[0][1].roc:
        return None
    drawn = line_chart(
        lines,
        title=f"ROC curve of {name}",
        description=_reach(pairs[0][1]),
        x="false positive rate",
        y="true positive rate",
        diagonal=True,
        mark=mark,
    )
    return Picture(
        svg=drawn, key="roc", caption="ROC: of the positive rows found, how many negative ones come along"
    )


def precision_recall(pairs: Pairs, name: str, *, mark: tuple[float, float] | None = None) -> Picture | None:
    """Precision over recall."""
    if not pairs[0][1].precision_recall:
        return None
    drawn = line_chart(
        [Line(name=label, points=one.precision_recall) for label, one in pairs],
        title=f"Precision and recall of {name}",
        x="recall",
        y="precision",
        mark=mark,
    )
    return Picture(svg=drawn, key="pr", caption="Precision and recall, as the threshold moves")


def calibration(pairs: Pairs, name: str) -> Picture | None:
    """The share of positives against the mean score, with the number of rows."""
    bins = pairs[0][1].calibration
    if not bins:
        return None
    # A weight that is no number of rows has no interval of a share.
    rows = all(math.isclose(weight, round(weight)) for _, _, weight in bins)
    drawn = reliability_chart(
        bins,
        pairs[1][1].calibration if len(pairs) > 1 else (),
        names=(pairs[0][0], pairs[1][0] if len(pairs) > 1 else ""),
        title=f"Calibration of {name}",
        x="mean score",
        y=f"share of {shortened(name, _NAME)}",
        intervals=[wilson(share * weight, weight) for _, share, weight in bins] if rows else (),
        description=_worst_bin(bins),
    )
    return Picture(
        svg=drawn,
        caption="Calibration: on the dashed line a score means what it says; whiskers are 95 % intervals",
    )


def scores(curves: Curves, name: str, *, mark: float | None = None) -> Picture | None:
    """Rows by score, those of the class and the others."""
    if not curves.histogram:
        return None
    drawn = histogram(
        [*(left for left, _, _ in curves.histogram), 1.0],
        [positives for _, positives, _ in curves.histogram],
        [negatives for _, _, negatives in curves.histogram],
        title=f"Scores for {name}",
        x="score",
        names=(name, "others"),
        description="Rows by score, those of the class and the others",
        mark=mark,
    )
    return Picture(
        svg=drawn,
        key="scores",
        caption="Scores: the further apart the two, the better they are told from each other",
    )


def gain(stops: Sequence[tuple[float, float]]) -> Picture:
    """The share of the positives found, over the share of rows taken, highest scores first."""
    middle = [found for taken, found in stops if taken <= 0.2]
    drawn = line_chart(
        [Line(name="gain", points=stops, area=True)],
        title="Gain",
        description=f"Among the fifth of the rows with the highest scores are {percent(max(middle, default=0.0))} "
        "of the positives",
        x="share of the rows, highest scores first",
        y="share of the positives",
        diagonal=True,
    )
    return Picture(svg=drawn, key="gain", caption="Gain: how many of the positives are among the highest scores")


def lift(stops: Sequence[tuple[float, float]]) -> Picture:
    """How many times more frequent positives are among the rows taken than among all."""
    points = [(taken, found / taken) for taken, found in stops if taken >= 0.01]
    drawn = line_chart(
        [Line(name="lift", points=points), Line(name="all rows", points=[(0.0, 1.0), (1.0, 1.0)])],
        title="Lift",
        x="share of the rows, highest scores first",
        y="times the base rate",
        y_bounds=(0.0, max((y for _, y in points), default=1.0) * 1.05),
    )
    return Picture(
        svg=drawn, key="lift", caption="Lift: how many times more frequent positives are there than among all rows"
    )


def one_class(pairs: Pairs, name: str) -> list[Picture]:
    """All pictures of one class, without a mark."""
    found = [roc(pairs, name), precision_recall(pairs, name), calibration(pairs, name), scores(pairs[0][1], name)]
    return [one for one in found if one is not None]


def each_class(pairs: Sequence[tuple[str, Curves]]) -> list[Picture]:
    """For a model of many classes: a small ROC curve of each class against the rest."""
    return [
        Picture(
            svg=line_chart(
                [Line(name=name, points=curves.roc)],
                title=f"ROC curve of {name}",
                description=_reach(curves),
                x="false positive rate",
                y="true positive rate",
                diagonal=True,
                size=SMALL,
            ),
            caption=shortened(name, 80),
        )
        for name, curves in pairs
        if curves.roc
    ]


def regression(pairs: Pairs) -> list[Picture]:
    """Labels against predictions, and the errors."""
    curves = pairs[0][1]
    found = []
    if curves.calibration:
        drawn = reliability_chart(
            curves.calibration,
            pairs[1][1].calibration if len(pairs) > 1 else (),
            names=(pairs[0][0], pairs[1][0] if len(pairs) > 1 else ""),
            title="Mean label against mean prediction",
            x="mean prediction",
            y="mean label",
            x_bounds=None,
        )
        caption = "Labels against predictions, in groups of equal size: on the dashed line they agree"
        found.append(Picture(svg=drawn, caption=caption))
    if curves.rows:
        found += _rows(curves, pairs[0][0])
    if len(curves.histogram) > 1:
        found.append(_errors(curves, pairs[0][0]))
    return found


def _rows(curves: Curves, name: str) -> list[Picture]:
    """Single rows: their labels, and their errors, against the predictions."""
    told = f"{counted(len(curves.rows), 'row')}, evenly along the predictions"
    labels = scatter_chart(
        curves.rows,
        title="Label against prediction",
        description=told,
        x="prediction",
        y="label",
        diagonal=True,
    )
    errors = scatter_chart(
        [(prediction, prediction - label) for prediction, label in curves.rows],
        title="Error against prediction",
        description=told,
        x="prediction",
        y="prediction minus label",
        level=0.0,
    )
    return [
        Picture(svg=labels, caption=f"Single rows of {name}: the closer to the dashed line, the better"),
        Picture(svg=errors, caption="Errors against predictions: even around the line, and as wide everywhere"),
    ]


def _errors(curves: Curves, name: str) -> Picture:
    lefts = [left for left, _, _ in curves.histogram]
    rows = [count for _, count, _ in curves.histogram]
    drawn = histogram(
        [*lefts, lefts[-1] + (lefts[1] - lefts[0])],
        rows,
        title="Errors",
        x="prediction minus label",
        description=f"The errors of {counted(int(sum(rows)), 'row')}",
        mark=0.0,
    )
    return Picture(svg=drawn, caption=f"Errors of {name}: around nought, and even on both sides")


def _reach(curves: Curves) -> str:
    found = max((y for x, y in curves.roc if x <= 0.1), default=0.0)
    return f"At a false positive rate of 0.1 at most, {figure(found)} of the positives are found"


def _worst_bin(bins: Sequence[tuple[float, float, float]]) -> str:
    mean, share, _ = max(bins, key=lambda one: abs(one[0] - one[1]))
    return f"Furthest from the line: where {figure(mean)} was said, {figure(share)} came true"
