"""The model gate: is a model good enough, and better than the one before it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core import InputError, Reason, Verdict
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.gates.bounds import BoundJudge, Bounds, SliceBounds
from mainspring.evaluation.gates.changes import (
    Absent,
    ChangeJudge,
    FirstRun,
    Incomparable,
    Manners,
    Margins,
    MissingSlices,
    unlike,
)
from mainspring.evaluation.gates.figures import On, Source
from mainspring.evaluation.gates.linear import Sources
from mainspring.evaluation.gates.pairing import DIFFERENCES
from mainspring.evaluation.gates.rules.judging import RuleJudge
from mainspring.evaluation.gates.rules.reading import BASELINE, read_rule
from mainspring.evaluation.gates.rules.tree import Rule
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.operation import Operation

_WORDS = {
    "on": ("figure", "interval"),
    "first_run": ("pass", "fail", "thresholds-only"),
    "incomparable": ("fail", "first-run"),
    "missing_slices": ("fail", "allow"),
}
_NOT_JUDGED = frozenset({"FIRST_RUN", "SLICE_TOO_SMALL"})


def compare(
    evaluation: Evaluation,
    *,
    at_least: Bounds | None = None,
    at_most: Bounds | None = None,
    baseline: Evaluation | None = None,
    better_by: Margins | None = None,
    better_by_share: Margins | None = None,
    slices_at_least: SliceBounds | None = None,
    slices_at_most: SliceBounds | None = None,
    slices_better_by: Margins | None = None,
    slices_better_by_share: Margins | None = None,
    rules: Sequence[str] = (),
    baselines: Mapping[str, Evaluation | None] | None = None,
    operation: Operation | None = None,
    operations: Mapping[str, Operation | None] | None = None,
    paired: Evaluation | Mapping[str, Evaluation] | None = None,
    on: On = "figure",
    first_run: FirstRun = "pass",
    incomparable: Incomparable = "fail",
    missing_slices: MissingSlices = "fail",
    min_slice_size: int = 0,
    gate: str = "model gate",
) -> Verdict:
    """Judge an evaluation by thresholds, by rules and against baselines.

    Args:
        evaluation: The candidate's.
        at_least: Metric to the lowest figure allowed over all rows, itself allowed.
        at_most: Metric to the highest figure allowed.
        baseline: The evaluation of the blessed model on the same rows; ``None`` on the first run.
        better_by: Metric to the margin by which the candidate must beat the baseline: 0 lets an equal
            model through, a negative margin tolerates a loss. For metrics of which less is better, the
            candidate must be lower by the margin. With several baselines it holds for all; under the name of one
            (``{"majority": {"accuracy": 0.1}}``) for that one.
        better_by_share: The same, as a share of the size of the baseline's figure: 0.05 asks for 5 % better.
        slices_at_least: Metric to the lowest figure allowed in every slice; or a slice's name
            (``"sex=Female"``) to such a mapping.
        slices_at_most: The same for the highest.
        slices_better_by: Metric to margin, for every slice of the candidate.
        slices_better_by_share: The same, as a share.
        rules: Expressions such as ``"accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline"``; see
            :mod:`mainspring.evaluation.gates.rules`.
        baselines: Further baselines by name.
        operation: What it takes to run the candidate: its figures can be bounded like any metric.
        operations: The same of baselines, by name: that of ``baseline`` under ``"baseline"``.
        paired: Differences from ``baseline`` measured on the same rows, or by the name of each baseline; for
            judging on the interval.
        on: ``"interval"`` asks that a bound holds for the worse end of the metric's interval, and a change for the
            interval of the difference. What has no interval fails.
        first_run: What a bound of change means without a baseline: it passes and this is said; it fails; or it
            passes, but something else must have been judged (``"thresholds-only"``).
        incomparable: Whether a baseline that cannot read the rows, or was judged in another way, fails, or counts
            as a first run.
        missing_slices: Whether a slice that the baseline has and the candidate lacks fails a bound on the change
            in every slice.
        min_slice_size: Slices with fewer rows are not judged by bounds on every slice; this is said.
        gate: Name of the gate in the verdict.

    Returns:
        A verdict with one reason per bound, passed or not. A metric or slice that does not exist fails, a
        figure that is NaN fails, and a gate without any bound fails: nothing is waved through.

    Raises:
        InputError: If a rule cannot be read, with a caret under the place; or an option is not one of its words.

    Example:
        ``compare(evaluation, at_least={"auc": 0.8}, baseline=blessed, better_by={"auc": 0.0})``
    """
    _check_words(on=on, first_run=first_run, incomparable=incomparable, missing_slices=missing_slices)
    asked = _Asked(
        at_least=at_least or {},
        at_most=at_most or {},
        better_by=better_by or {},
        better_by_share=better_by_share or {},
        slices_at_least=slices_at_least or {},
        slices_at_most=slices_at_most or {},
        slices_better_by=slices_better_by or {},
        slices_better_by_share=slices_better_by_share or {},
        rules=tuple(read_rule(text, baselines=[BASELINE, *(baselines or {})]) for text in rules),
    )
    others = {**({} if baseline is None and baselines else {BASELINE: baseline}), **(baselines or {})}
    asked.check_names(others)
    manners = Manners(
        first_run=first_run,
        incomparable=incomparable,
        missing_slices=missing_slices,
        min_slice_size=min_slice_size,
        on=on,
    )
    pairs = {BASELINE: paired} if isinstance(paired, Evaluation) else paired or {}
    _check_pairs(pairs, evaluation)
    reasons = list(
        _reasons(asked, Source("the model", evaluation, operation), others, operations or {}, pairs, manners)
    )
    details = {
        "split": evaluation.split,
        "count": evaluation.count,
        "baseline": baseline is not None,
        "baselines": [name for name, found in others.items() if found is not None],
        "on": on,
    }
    return Verdict.of(gate, reasons, details)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Every bound of a gate."""

    at_least: Bounds
    at_most: Bounds
    better_by: Margins
    better_by_share: Margins
    slices_at_least: SliceBounds
    slices_at_most: SliceBounds
    slices_better_by: Margins
    slices_better_by_share: Margins
    rules: tuple[Rule, ...] = field(default=())

    def check_names(self, baselines: Mapping[str, Evaluation | None]) -> None:
        """Raises InputError where a bound names a baseline that was not given."""
        every = (self.better_by, self.better_by_share, self.slices_better_by, self.slices_better_by_share)
        named = {name for margins in every for name, margin in margins.items() if isinstance(margin, Mapping)}
        named |= {figure.whose for rule in self.rules for figure in rule.figures if figure.whose}
        unknown = sorted(named - baselines.keys())
        if unknown:
            raise InputError(
                f"a bound is about the baseline {unknown[0]!r}, which was not given",
                expected="one of " + ", ".join(baselines),
                fix=f"give it: baselines={{{unknown[0]!r}: evaluation}}",
            )


def _reasons(
    asked: _Asked,
    model: Source,
    baselines: Mapping[str, Evaluation | None],
    operations: Mapping[str, Operation | None],
    pairs: Mapping[str, Evaluation],
    manners: Manners,
) -> Iterator[Reason]:
    if model.evaluation.unreadable is not None:
        message = f"the model cannot read the rows: {model.evaluation.unreadable}"
        yield Reason(ok=False, code="UNREADABLE", message=message)
        return
    models, absent = {"": model}, {}
    for name, found in baselines.items():
        called = "the blessed model" if name == BASELINE else f"the baseline {name!r}"
        why = "" if found is None else unlike(model.evaluation, found)
        if found is None or why:
            absent[name] = Absent(called, why)
        else:
            models[name] = Source(called, found, operations.get(name))
    sources = Sources(models, pairs)
    bounds = BoundJudge(model, manners.min_slice_size, manners.on)
    changes, rules = ChangeJudge(sources, absent, manners), RuleJudge(sources, absent, manners)
    reasons = [
        *bounds.overall(asked.at_least, Better.HIGHER),
        *bounds.overall(asked.at_most, Better.LOWER),
        *changes.overall(asked.better_by, shares=False),
        *changes.overall(asked.better_by_share, shares=True),
        *changes.slices(asked.slices_better_by, shares=False),
        *changes.slices(asked.slices_better_by_share, shares=True),
        *bounds.slices(asked.slices_at_least, Better.HIGHER),
        *bounds.slices(asked.slices_at_most, Better.LOWER),
        *(reason for rule in asked.rules for reason in rules.reasons(rule)),
    ]
    yield from dict.fromkeys(reasons)
    if not reasons:
        missing = "no threshold was given, so nothing was judged; give at_least, at_most, better_by or rules"
        yield Reason(ok=False, code="NO_THRESHOLDS", message=missing)
    elif manners.first_run == "thresholds-only" and all(reason.code in _NOT_JUDGED for reason in reasons):
        missing = 'first_run="thresholds-only": there is nothing to compare with, and no threshold was judged'
        yield Reason(ok=False, code="NO_THRESHOLDS", message=missing)


def _check_words(**given: str) -> None:
    for name, word in given.items():
        if word not in _WORDS[name]:
            raise InputError(f"{name}={word!r}", expected="one of " + ", ".join(map(repr, _WORDS[name])))


def _check_pairs(pairs: Mapping[str, Evaluation], evaluation: Evaluation) -> None:
    for name, found in pairs.items():
        if found.task != DIFFERENCES:
            raise InputError(
                f"paired for {name!r} is an evaluation of the task {found.task!r}",
                expected="differences, as paired_differences(…) gives them",
            )
        if found.count != evaluation.count:
            raise InputError(
                f"the differences from {name!r} are about {found.count} rows",
                expected=f"the {evaluation.count} rows of the evaluation",
            )
