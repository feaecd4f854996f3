"""Metrics that are asked for by name: which the task has, with which parameters, and what was perhaps meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from mainspring.core.errors import InputError, NotFoundError
from mainspring.evaluation.metrics import (
    classification,
    confusion,
    multilabel,
    one_class,
    queries,
    regression,
    thresholds,
)
from mainspring.evaluation.metrics.classes import natural
from mainspring.evaluation.metrics.custom import Metric, resolve
from mainspring.evaluation.metrics.facts import Facts, MetricName
from mainspring.evaluation.metrics.several_classes import AVERAGED

Kind = Literal["binary", "several", "multilabel", "regression", "ranking"]

FACTS: Final[Mapping[Kind, Facts]] = {
    "binary": classification.FACTS,
    "several": classification.FACTS,
    "multilabel": multilabel.FACTS,
    "regression": regression.FACTS,
    "ranking": queries.FACTS,
}

_NEEDED: Final[Mapping[str, tuple[str, Callable[[float], bool]]]] = {
    **dict.fromkeys(thresholds.AT, ("a share between 0 and 1", lambda x: 0 <= x <= 1)),
    **dict.fromkeys(("lift", "gain"), ("a share above 0 and up to 1", lambda x: 0 < x <= 1)),
    **dict.fromkeys(regression.AT, ("a share between 0 and 1", lambda x: 0 < x < 1)),
    "fbeta": ("a number above 0", lambda x: 0 < x < math.inf),
    "top_k_accuracy": ("a whole number from 1", lambda x: x >= 1 and float(x).is_integer()),
}
_EXAMPLES: Final = {"fbeta": "2", "top_k_accuracy": "3", "lift": "0.1", "gain": "0.1"}
_AVERAGES: Final = frozenset({*AVERAGED, *multilabel.RANKED})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for.

    Attributes:
        names: Mainspring's own metrics besides the usual ones, each with its class and parameter.
        own: Metrics of others.
    """

    names: tuple[str, ...] = ()
    own: tuple[Metric, ...] = ()

    @property
    def facts(self) -> Facts:
        """What is known of the figures of others."""
        return {name: fact for one in self.own for name, fact in one.facts.items()}


def sort_out(metrics: Iterable[str | Metric], kind: Kind, classes: Sequence[str] = ()) -> Wishes:
    """Tell Mainspring's own metrics from those of others, and check every name.

    Args:
        metrics: Names and metrics.
        kind: Of the task.
        classes: The classes that the model knows.

    Raises:
        InputError: With all names that the task does not have, and what was perhaps meant.

    Example:
        >>> sort_out(["recall@0.3", "precision[*]"], "binary", ("no", "yes")).names
        ('recall@0.3', 'precision[no]', 'precision[yes]')
    """
    names: list[str] = []
    own: list[Metric] = []
    problems: list[str] = []
    for wish in metrics:
        if isinstance(wish, str) and MetricName.parse(wish).stem in FACTS[kind]:
            found, problem = _checked(wish, kind, classes)
            names += found
            problems += [problem] if problem else []
            continue
        try:
            own.append(resolve(wish))
        except NotFoundError:
            problems.append(f"there is no metric {wish!r}{_near(str(wish), kind)}")
    if problems:
        raise InputError(
            "; ".join(problems),
            expected=f"metrics of a {_TOLD[kind]}: " + ", ".join(sorted(map(_shown, _stems(kind)))),
            fix='or the name of a plugin\'s metric, or "package.module:name" of one of your own',
        )
    return Wishes(tuple(dict.fromkeys(names)), tuple(own))


_TOLD: Final[Mapping[Kind, str]] = {
    "binary": "classification of two classes",
    "several": "classification of several classes",
    "multilabel": "classification with several labels per row",
    "regression": "regression",
    "ranking": "ranking",
}


def _checked(wish: str, kind: Kind, classes: Sequence[str]) -> tuple[list[str], str]:
    """The names that are meant, or what is wrong."""
    name = MetricName.parse(wish)
    if wish.endswith("@"):
        return [], f"{wish!r}: nothing stands behind the @"
    if kind == "ranking":
        problem = _wrong_ranking(wish, name)
        return ([], problem) if problem else ([wish], "")
    of_one = name.stem in one_class.FACTS and kind != "regression"
    problem = _wrong_parameter(wish, name, of_one=of_one)
    if problem:
        return [], problem
    if name.average and not (kind in ("several", "multilabel") and name.stem in _AVERAGES and not name.of):
        return [], f"{wish!r}: {name.stem} has no average {name.average!r} here"
    if name.of is not None:
        if not of_one:
            return [], f"{wish!r}: {name.stem} is no metric of one class"
        meant = list(classes) if name.of == "*" else [one for one in classes if natural(one) == natural(name.of)]
        if not meant:
            return [], f"{wish!r}: the model has no class {name.of!r}; there are {', '.join(map(repr, classes))}"
        at = f"@{name.at}" if name.at else ""
        return [f"{name.stem}[{one}]{at}" for one in meant], ""
    if kind == "binary" or not of_one or not (name.at or name.stem in _ONLY_ONE):
        if kind == "binary" and name.stem in _ONLY_SEVERAL:
            return [], f"{wish!r} needs more than two classes"
        return [wish], ""
    return [], f"{wish!r} is about one class: say which, such as {name.stem}[{classes[0]}]" + (
        f"@{name.at}" if name.at else ""
    )


_ONLY_SEVERAL: Final = frozenset({"top_k_accuracy", "classwise_calibration_error"})
_ONLY_ONE: Final = (frozenset(one_class.FACTS) - _AVERAGES) - {
    "balanced_accuracy", "mcc", "cohen_kappa", "max_calibration_error",
}  # fmt: skip


def _wrong_parameter(wish: str, name: MetricName, *, of_one: bool) -> str:
    needed = _NEEDED.get(name.stem)
    if needed is None and name.at is None:
        return ""
    if needed is None:
        if not (of_one and name.stem in confusion.FACTS):
            return f"{wish!r}: {name.stem} takes no parameter"
        needed = ("a threshold between 0 and 1", lambda x: 0 <= x <= 1)
    told, fits = needed
    if name.at is None:
        return f"{wish!r} needs {told}: {name.stem}@{_EXAMPLES.get(name.stem, '0.9')}"
    try:
        number = float(name.at)
    except ValueError:
        number = math.nan
    return "" if fits(number) else f"{wish!r}: {name.at!r} is not {told}"


def _wrong_ranking(wish: str, name: MetricName) -> str:
    if name.average or name.of is not None:
        return f"{wish!r}: a ranking has no classes"
    if name.at is None:
        return f"{wish!r} needs a number of places: {name.stem}@10" if name.stem in queries.ONLY_TOP else ""
    if name.stem not in queries.TOP:
        return f"{wish!r}: {name.stem} takes no number of places"
    places = name.at.isdecimal() and int(name.at) >= 1
    return "" if places else f"{wish!r}: {name.at!r} is not a number of places"


def _shown(stem: str) -> str:
    return f"{stem}@{_EXAMPLES.get(stem, '0.9')}" if stem in _NEEDED else stem


def _stems(kind: Kind) -> list[str]:
    return [stem for stem in FACTS[kind] if kind != "binary" or stem not in _ONLY_SEVERAL]


def _near(wish: str, kind: Kind) -> str:
    near = get_close_matches(MetricName.parse(wish).stem, _stems(kind), n=3)
    return f" (did you mean {' or '.join(map(_shown, near))}?)" if near else ""
