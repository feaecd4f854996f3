"""The pictures of an evaluation: ROC, precision and recall, calibration, scores or errors, confusion."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.report.wording import counted, figure
from mainspring.evaluation.curves import Curves
from mainspring.evaluation.drawing import Line, confusion_matrix, histogram, line_chart
from mainspring.evaluation.evaluation import Evaluation

MOST_CLASSES = 60
_SMALL = (236.0, 232.0)


def pictures(evaluation: Evaluation, baseline: Evaluation | None) -> list[tuple[str, str]]:
    """The main pictures with their captions."""
    if evaluation.task == "regression":
        return _regression(evaluation.curves.get(""), baseline.curves.get("") if baseline is not None else None)
    found: list[tuple[str, str]] = []
    if len(evaluation.curves) == 1:
        name, curves = next(iter(evaluation.curves.items()))
        other = baseline.curves.get(name) if baseline is not None else None
        found += _one_class(name, curves, other)
    if evaluation.confusion and 0 < len(evaluation.classes or ()) <= MOST_CLASSES:
        drawn = confusion_matrix(evaluation.classes or (), evaluation.confusion, title="Confusion matrix")
        found.append(
            (drawn, "Rows by true class (down) and predicted class (across), shaded by share of the true class")
        )
    return found


def more_pictures(evaluation: Evaluation) -> list[tuple[str, str]]:
    """For a model of many classes: a ROC curve of each class against the rest."""
    if len(evaluation.curves) < 2:
        return []
    return [
        (_roc([("model", curves)], name, size=_SMALL), name)
        for name, curves in evaluation.curves.items()
        if curves.roc
    ]


def _one_class(name: str, curves: Curves, other: Curves | None) -> list[tuple[str, str]]:
    pairs = [("this model", curves), *([("baseline", other)] if other is not None else [])]
    found = []
    if curves.roc:
        found.append((_roc(pairs, name), "ROC: of the positive rows found, how many negative ones come along"))
    if curves.precision_recall:
        lines = [Line(name=label, points=one.precision_recall) for label, one in pairs]
        drawn = line_chart(lines, title=f"Precision and recall of {name}", x="recall", y="precision")
        found.append((drawn, "Precision and recall, as the threshold moves"))
    if curves.calibration:
        lines = [Line(name=label, points=_points(one), dots=True) for label, one in pairs]
        drawn = line_chart(
            lines, title=f"Calibration of {name}", x="mean score", y=f"share of {name}"[:40], diagonal=True
        )
        found.append((drawn, "Calibration: on the dashed line, a score means what it says"))
    if curves.histogram:
        found.append(
            (_scores(name, curves), "Scores: the further apart the two, the better they are told from each other")
        )
    return found


def _roc(pairs: Sequence[tuple[str, Curves]], name: str, size: tuple[float, float] = (320, 300)) -> str:
    lines = [Line(name=label, points=one.roc) for label, one in pairs]
    middle = [y for x, y in pairs[0][1].roc if x <= 0.1]
    told = (
        f"At a false positive rate of 0.1 at most, {figure(max(middle, default=0.0))} of the positives are found"
    )
    return line_chart(
        lines,
        title=f"ROC curve of {name}",
        description=told,
        x="false positive rate",
        y="true positive rate",
        diagonal=True,
        size=size,
    )


def _scores(name: str, curves: Curves) -> str:
    lefts = [left for left, _, _ in curves.histogram]
    return histogram(
        [*lefts, 1.0],
        [positives for _, positives, _ in curves.histogram],
        [negatives for _, _, negatives in curves.histogram],
        title=f"Scores for {name}",
        x="score",
        names=(name, "others"),
        description="Rows by score, those of the class and the others",
    )


def _regression(curves: Curves | None, other: Curves | None) -> list[tuple[str, str]]:
    if curves is None:
        return []
    found = []
    if curves.calibration:
        pairs = [("this model", curves), *([("baseline", other)] if other is not None else [])]
        lines = [Line(name=label, points=_points(one), dots=True) for label, one in pairs]
        drawn = line_chart(
            lines,
            title="Mean label against mean prediction",
            x="mean prediction",
            y="mean label",
            x_bounds=None,
            y_bounds=None,
            diagonal=True,
        )
        found.append((drawn, "Labels against predictions, in groups of equal size: on the dashed line they agree"))
    if len(curves.histogram) > 1:
        lefts = [left for left, _, _ in curves.histogram]
        width = lefts[1] - lefts[0]
        rows = [count for _, count, _ in curves.histogram]
        drawn = histogram(
            [*lefts, lefts[-1] + width],
            rows,
            title="Errors",
            x="prediction minus label",
            description=f"The errors of {counted(int(sum(rows)), 'row')}",
        )
        found.append((drawn, "Errors: around nought, and even on both sides"))
    return found


def _points(curves: Curves) -> list[tuple[float, float]]:
    return [(x, y) for x, y, _ in curves.calibration]
