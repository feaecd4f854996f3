"""Which kind of shift: do the inputs, the labels or the predictions differ, or the rule between them?

A model suffers in different ways. Inputs that moved (covariate shift) are new ground; labels that moved (prior
shift) ask for new thresholds or weights; a rule that moved (concept change) asks for new labels and training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.columns import Column, as_text
from mainspring.data.comparison.apart import distances_of_sides
from mainspring.data.comparison.measuring import LEVEL
from mainspring.data.comparison.multivariate import ClassifierTest
from mainspring.data.comparison.rows import side_of_rows

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

_DRAWS: Final = 200
_SEED: Final = 20_180_710
_MOST_LABELS: Final = 50
_LEAST_MATCHED: Final = 100
_LARGE: Final = {"inputs": 0.55, "labels": 0.05, "predictions": 0.05}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One part of the data: inputs, labels, predictions, or the rule from inputs to labels.

    Attributes:
        shifted: Whether it moved: more than chance, and enough to matter; ``None`` if it could not be told.
        value: The area under the curve for inputs, the total variation for labels and predictions (of numbers the
            largest difference of their distribution functions); ``None`` for the rule.
        p_value: How likely so large a value is by chance alone.
        note: What was found, or why nothing could be told.
    """

    shifted: bool | None
    value: float | None = None
    p_value: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEstimate:
    """The share of one label on the second side, where its labels are not known yet.

    Attributes:
        label: The label.
        before: Its share on the first side.
        after: Its estimated share on the second.
        interval: Where that lies with 95 % confidence.
    """

    label: str
    before: float
    after: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Which kinds of shift there are between two sets of rows.

    Attributes:
        inputs: Covariate shift: all inputs together, by a classifier.
        labels: Prior shift: the shares of the labels, seen or estimated from predictions.
        predictions: Prediction shift: the shares of what the model says.
        concept: Whether labels follow from inputs in another way.
        classifier: The test behind ``inputs``.
        estimates: The shares of labels, where they were estimated.
        conclusion: What it means, in plain words.

    ``print`` shows the conclusion.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Shift"

    inputs: Moved
    labels: Moved
    predictions: Moved
    concept: Moved
    classifier: ClassifierTest | None = None
    estimates: tuple[LabelEstimate, ...] = field(default_factory=tuple)
    conclusion: str = ""

    def __str__(self) -> str:
        parts = {"inputs": self.inputs, "labels": self.labels, "predictions": self.predictions}
        parts["rule"] = self.concept
        words = {True: "moved", False: "did not move", None: "unknown"}
        told = [f"- {name}: {words[one.shifted]}; {one.note}" for name, one in parts.items()]
        return "\n".join([self.conclusion, *told])

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        import msgspec

        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def shift_kinds(
    one: Table,
    other: Table,
    *,
    label: str | None = None,
    prediction: str | None = None,
    inputs: Sequence[str] | None = None,
    level: float = LEVEL,
) -> Shift:
    """Tell the kinds of shift apart.

    Args:
        one: The reference, such as the rows of training or of evaluation, with predictions on unseen rows.
        other: What came after, with or without labels.
        label: The column of labels; only the first side needs to have it.
        prediction: The column of the model's predictions.
        inputs: The columns that the model sees; all that both sides have, but label and prediction, if not given.
        level: How unlikely by chance a shift must be to be called one.

    With labels on both sides the rule is tested too: if a model of the label gets better by knowing the side, also
    among rows with equal shares of labels, the label follows from the inputs in another way. Without labels on
    the second side their shares are estimated from the predictions (black box shift estimation: Lipton, Wang and
    Smola, 2018), which is right if only the shares changed: the confusion matrix of the first side is solved for
    the shares that explain the predictions.

    Raises:
        InputError: If a column does not exist, or there are no inputs in common.
    """
    _check(one, other, label, prediction, inputs)
    names = list(inputs) if inputs is not None else [
        name for name in one.names if name in other.names and name not in {label, prediction}
    ]  # fmt: skip
    test, moved = _inputs(one, other, names, level)
    labelled = label is not None and label in other.names
    predictions = (
        _column(one, other, prediction, "predictions", level)
        if prediction is not None
        else Moved(shifted=None, note="there are no predictions")
    )
    estimates: tuple[LabelEstimate, ...] = ()
    if label is None:
        labels = Moved(shifted=None, note="there are no labels")
    elif labelled:
        labels = _column(one, other, label, "labels", level)
    elif prediction is not None:
        labels, estimates = _estimated(one, other, label, prediction)
    else:
        labels = Moved(shifted=None, note="only the first side has labels, and there are no predictions")
    concept = (
        _concept(one, other, names, label, level)
        if labelled and label is not None
        else Moved(shifted=None, note="labels of both sides are needed")
    )
    return Shift(
        inputs=moved,
        labels=labels,
        predictions=predictions,
        concept=concept,
        classifier=test,
        estimates=estimates,
        conclusion=_conclusion(moved, labels, predictions, concept),
    )


def estimate_label_shares(
    labels: Sequence[str], predicted: Sequence[str], predicted_later: Sequence[str]
) -> tuple[LabelEstimate, ...]:
    """The shares of labels later on, from the predictions alone (Lipton, Wang and Smola, 2018).

    Right if labels alone changed how frequent they are, and inputs of one label look as before. The intervals are
    from drawing both sides anew, always in the same way.

    Args:
        labels: True labels of rows that the model has not learned from.
        predicted: What the model says of the same rows.
        predicted_later: What it says of later rows, whose labels nobody knows.

    Raises:
        InputError: If a side is empty, or the predictions do not depend on the labels.

    Example:
        >>> labels = ["yes"] * 50 + ["no"] * 50
        >>> predicted = ["yes"] * 40 + ["no"] * 10 + ["yes"] * 10 + ["no"] * 40
        >>> [found] = estimate_label_shares(labels, predicted, ["yes"] * 32 + ["no"] * 68)[:1]
        >>> found.label, found.before, round(found.after, 3)
        ('no', 0.5, 0.8)
    """
    import numpy as np

    names = sorted(set(labels))
    if not names or not predicted_later or len(labels) != len(predicted):
        raise InputError(
            f"{len(labels)} labels, {len(predicted)} predictions and {len(predicted_later)} later predictions",
            expected="as many predictions as labels, and some of each",
        )
    said = sorted({*predicted, *predicted_later})
    joint = np.zeros((len(said), len(names)))
    np.add.at(joint, (_codes(predicted, said), _codes(labels, names)), 1.0)
    later = np.bincount(_codes(predicted_later, said), minlength=len(said)).astype(np.float64)
    shares = _solved(joint, later)
    if shares is None:
        raise InputError(
            "the predictions do not depend on the labels",
            expected="a model that tells the labels apart",
            where="the confusion matrix",
        )
    drawn = [found for found in _redrawn(joint, later) if found is not None]
    ends = np.quantile(np.array(drawn), (0.025, 0.975), axis=0) if drawn else np.tile([[0.0], [1.0]], len(names))
    before = joint.sum(axis=0) / joint.sum()
    return tuple(
        LabelEstimate(
            label=name,
            before=float(before[place]),
            after=float(shares[place]),
            interval=(float(ends[0, place]), float(ends[1, place])),
        )
        for place, name in enumerate(names)
    )


def _redrawn(joint: np.ndarray, later: np.ndarray) -> Iterator[np.ndarray | None]:
    import numpy as np

    dice = np.random.default_rng(_SEED)
    shares = (joint / joint.sum()).ravel()
    for _ in range(_DRAWS):
        known = dice.multinomial(round(float(joint.sum())), shares).reshape(joint.shape)
        said = dice.multinomial(round(float(later.sum())), later / later.sum())
        yield _solved(known.astype(np.float64), said.astype(np.float64))


def _codes(values: Sequence[str], names: Sequence[str]) -> np.ndarray:
    import numpy as np

    known = {name: place for place, name in enumerate(names)}
    return np.array([known[value] for value in values], dtype=np.int64)


def _solved(joint: np.ndarray, later: np.ndarray) -> np.ndarray | None:
    """The label shares that come nearest to explaining the later predictions; ``None`` if any would do."""
    import numpy as np

    counts = joint.sum(axis=0)
    given = joint / np.where(counts > 0, counts, 1.0)
    if np.linalg.matrix_rank(given, tol=1e-3) < given.shape[1]:
        return None
    found = np.linalg.lstsq(given, later / later.sum(), rcond=None)[0]
    found = np.maximum(found, 0.0)
    whole = float(found.sum())
    return found / whole if whole else None


def _check(
    one: Table, other: Table, label: str | None, prediction: str | None, inputs: Sequence[str] | None
) -> None:
    wanted = [(name, side) for name in inputs or () for side in (one, other)]
    wanted += [(label, one)] if label is not None else []
    wanted += [(prediction, one), (prediction, other)] if prediction is not None else []
    lost = [name for name, side in wanted if name not in side.names]
    if lost:
        raise InputError(
            f"there is no column {', '.join(map(repr, dict.fromkeys(lost)))} on one of the sides",
            expected="inputs and predictions on both sides, labels at least on the first",
        )


def _inputs(one: Table, other: Table, names: Sequence[str], level: float) -> tuple[ClassifierTest | None, Moved]:
    from mainspring.data.comparison.classifier import classifier_test

    if not names:
        return None, Moved(shifted=None, note="there are no inputs")
    test = classifier_test(one, other, columns=names)
    return test, Moved(
        shifted=test.p_value <= level and test.auc >= _LARGE["inputs"],
        value=test.auc,
        p_value=test.p_value,
        note=str(test),
    )


def _column(one: Table, other: Table, name: str, part: str, level: float) -> Moved:
    apart = distances_of_sides(side_of_rows(one, name), side_of_rows(other, name))
    if apart is None:
        return Moved(shifted=None, note=f"{name!r} holds {one.type_of(name)} first and {other.type_of(name)} then")
    metric = "total_variation" if apart.kolmogorov_smirnov is None else "kolmogorov_smirnov"
    value, p_value = apart.value(metric) or 0.0, apart.p_values[metric]
    return Moved(
        shifted=p_value <= level and (apart.corrected(metric) or 0.0) > _LARGE[part],
        value=value,
        p_value=p_value,
        note=f"{metric.replace('_', ' ')} {value:.3f} (p {p_value:.2g})",
    )


def _texts(table: Table, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Some columns as text, of the rows that have them all."""
    cells = ", ".join(as_text(Column(name, table.type_of(name))) for name in names)
    there = " AND ".join(f"{engine.quote(name)} IS NOT NULL" for name in names)
    return engine.fetch(f"SELECT {cells} FROM ({table.query()}) WHERE {there}")  # noqa: S608 - names are quoted


def _estimated(one: Table, other: Table, label: str, prediction: str) -> tuple[Moved, tuple[LabelEstimate, ...]]:
    known = _texts(one, [label, prediction])
    later = [row[0] for row in _texts(other, [prediction])]
    if len({row[0] for row in known}) > _MOST_LABELS or len({row[1] for row in known}) > _MOST_LABELS:
        return Moved(shifted=None, note=f"labels or predictions have more than {_MOST_LABELS} values"), ()
    try:
        found = estimate_label_shares([row[0] for row in known], [row[1] for row in known], later)
    except InputError as error:
        return Moved(shifted=None, note=error.found), ()
    apart = sum(abs(each.after - each.before) for each in found) / 2
    outside = [each for each in found if not each.interval[0] <= each.before <= each.interval[1]]
    widest = max(found, key=lambda each: abs(each.after - each.before))
    return Moved(
        shifted=bool(outside) and apart > _LARGE["labels"],
        value=apart,
        note=f"estimated from predictions: {widest.label!r} {widest.before:.1%} to {widest.after:.1%} "
        f"({widest.interval[0]:.1%} to {widest.interval[1]:.1%}), if inputs of one label look as before",
    ), found


def _concept(one: Table, other: Table, names: Sequence[str], label: str, level: float) -> Moved:
    import numpy as np

    from mainspring.data.comparison.classifier import MOST_ROWS, conditional_test
    from mainspring.data.comparison.encoding import encode

    if not names:
        return Moved(shifted=None, note="there are no inputs")
    kept = [table.where(f"{engine.quote(label)} IS NOT NULL") for table in (one, other)]
    encoded = encode(kept[0], kept[1], columns=[*names, label], most=MOST_ROWS)
    if label not in encoded.names:
        return Moved(shifted=None, note=f"labels of type {one.type_of(label)} cannot be learned")
    place = encoded.names.index(label)
    both = np.concatenate([encoded.one, encoded.other])
    labels = _as_codes(both[:, place])
    sides = np.concatenate([np.zeros(len(encoded.one)), np.ones(len(encoded.other))])
    words = [flag for at, flag in enumerate(encoded.words) if at != place]
    inputs = np.delete(both, place, axis=1)
    p_value = conditional_test(inputs, sides, labels, words)
    if p_value > level:
        note = f"knowing the side does not make the label easier to tell from the inputs (p {p_value:.2g})"
        return Moved(shifted=False, p_value=p_value, note=note)
    # Labels that are more frequent change what follows from the inputs, too. Among rows with equal shares of
    # labels that is gone, and only a change of the rule is left.
    matched = _matched(labels, sides)
    if len(matched):
        p_value = conditional_test(inputs[matched], sides[matched], labels[matched], words)
    note = f"knowing the side makes the label easier to tell from the inputs (p {p_value:.2g})"
    if p_value > level:
        note = f"the shares of the labels explain what changed between inputs and labels (p {p_value:.2g})"
    return Moved(shifted=p_value <= level, p_value=p_value, note=note)


def _matched(labels: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Rows among which the labels of the second side have the shares of the first; none if these would be few."""
    import numpy as np

    ours = np.bincount(labels[sides == 0], minlength=int(labels.max()) + 1)
    theirs = np.bincount(labels[sides == 1], minlength=len(ours))
    used = ours > 0
    scale = float((theirs[used] / ours[used]).min())
    if scale * ours.sum() < _LEAST_MATCHED:
        return np.zeros(0, dtype=np.int64)
    dice = np.random.default_rng(_SEED)
    kept = [np.flatnonzero((sides == 0) & used[labels])]
    for label in np.flatnonzero(used):
        rows = np.flatnonzero((sides == 1) & (labels == label))
        kept.append(dice.permutation(rows)[: int(scale * ours[label])])
    return np.sort(np.concatenate(kept))


def _as_codes(values: np.ndarray) -> np.ndarray:
    """Labels as codes; numbers with many values by their fifths."""
    import numpy as np

    different = np.unique(values)
    if len(different) > _MOST_LABELS:
        return np.searchsorted(np.quantile(values, (0.2, 0.4, 0.6, 0.8)), values)
    return np.searchsorted(different, values)


_MEANING: Final[Mapping[str, str]] = {
    "concept": "The rule from inputs to labels has changed: label new rows and train again.",
    "inputs": "Inputs have moved (covariate shift): the model answers for rows unlike those it learned from. "
    "Look at the columns named, and weight or collect rows like the new ones.",
    "labels": "Labels have moved (prior shift): some are more frequent than before. Set thresholds and weights "
    "anew.",
    "predictions": "Predictions have moved, though neither inputs nor labels are known to have: look at the model "
    "and at what feeds it.",
    "quiet": "Nothing has moved that could be tested.",
}


def _conclusion(inputs: Moved, labels: Moved, predictions: Moved, concept: Moved) -> str:
    parts = {"concept": concept, "inputs": inputs, "labels": labels}
    if labels.shifted and not concept.shifted and concept.note.startswith("the shares"):
        # Inputs that go with frequent labels are more frequent; that is the same shift once more.
        del parts["inputs"]
    if concept.shifted:
        # Another rule gives other shares of labels; they are no shift of their own.
        del parts["labels"]
    found = [_MEANING[name] for name, one in parts.items() if one.shifted]
    if not found and predictions.shifted:
        found = [_MEANING["predictions"]]
    return " ".join(found) or _MEANING["quiet"]
