"""Holding a model against a rule: every comparison says its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainspring.core import Reason, Slice
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.gates.changes import Absent, Manners, lost_slices
from mainspring.evaluation.gates.figures import ROUNDING, NoFigureError, nearest, pair_text, subject_of
from mainspring.evaluation.gates.linear import Sources, Sum, Term
from mainspring.evaluation.gates.rules.tree import (
    Amount,
    Binary,
    Choice,
    Comparison,
    Condition,
    Every,
    Figure,
    Fixed,
    Negative,
    Number,
    Pattern,
    Rule,
    Some,
)

_WORDS = {
    ">=": ("at least", "below"),
    "<=": ("at most", "above"),
    ">": ("above", "not above"),
    "<": ("below", "not below"),
    "==": ("equal to", "not equal to"),
    "!=": ("other than", "equal to"),
}


@dataclass(frozen=True, slots=True)
class _Held:
    """Whether a condition holds, in words with the figures."""

    ok: bool
    words: str
    figures: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RuleJudge:
    """Writes the reasons of rules.

    Attributes:
        sources: The models; among them those baselines that can be compared with.
        absent: Name to each baseline that cannot.
        manners: What is done then.
    """

    sources: Sources
    absent: dict[str, Absent]
    manners: Manners

    def reasons(self, rule: Rule) -> Iterator[Reason]:
        """A reason for each part that is joined by ``and``, and for each slice where it speaks of several."""
        for part in rule.parts:
            yield from self._part(part)

    def _part(self, rule: Rule) -> Iterator[Reason]:
        wide = {figure.pattern for figure in rule.figures if figure.pattern and figure.pattern.slice is None}
        subject = _subject(rule)
        if len(wide) > 1:
            message = (
                f"{rule.text}: {' and '.join(map(str, wide))} are several sets of slices; write one rule for each"
            )
            yield Reason(ok=False, code="RULE_UNCLEAR", message=message, subject=subject)
        elif not wide:
            yield self._judged(rule, ALL_ROWS)
        else:
            yield from self._slices(rule, wide.pop())

    def _slices(self, rule: Rule, pattern: Pattern) -> Iterator[Reason]:
        model = self.sources.models[""]
        known = list(model.evaluation.slices)
        chosen = [key for key in known if pattern.fits(key)]
        if not chosen:
            message = f"{rule.text}: no slice fits {pattern}{nearest(str(pattern), [str(key) for key in known])}"
            yield Reason(ok=False, code="SLICE_MISSING", message=message, subject=_subject(rule))
        for key in chosen:
            small = model.small(key, _subject(rule, key), self.manners.min_slice_size)
            yield small or self._judged(rule, key)
        metric = rule.figures[0].metric
        for whose in dict.fromkeys(figure.whose for figure in rule.figures if figure.pattern == pattern):
            if whose in self.sources.models:
                yield from lost_slices(self.sources, whose, metric, self.manners, pattern.fits)

    def _judged(self, rule: Rule, key: Slice) -> Reason:
        """The reason of a rule, where several slices are meant for one of them."""
        subject = _subject(rule, key)
        for figure in rule.figures:
            if figure.whose in self.absent:
                return self.absent[figure.whose].reason(subject, self.manners)
        try:
            for figure in rule.figures:
                self._check_known(figure, key)
            held = self._held(rule.condition, key)
        except NoFigureError as fault:
            return fault.reason
        seen, wanted = held.figures or (None, None)
        code = "RULE_OK" if held.ok else "RULE_BROKEN"
        return Reason(ok=held.ok, code=code, message=held.words, subject=subject, observed=seen, expected=wanted)

    def _check_known(self, figure: Figure, key: Slice) -> None:
        """A figure that no model has fails the rule, also where nothing hangs on it this time."""
        try:
            self._figure(figure, key)
        except NoFigureError as fault:
            if fault.reason.code != "METRIC_NAN":
                raise

    def _held(self, node: Condition, key: Slice) -> _Held:
        match node:
            case Comparison():
                return self._compared(node, key)
            case Every() | Some():
                found = [self._held(part, key) for part in node.parts]
                every = isinstance(node, Every)
                ok = all(one.ok for one in found) if every else any(one.ok for one in found)
                return _Held(ok, (" and " if every else " or ").join(one.words for one in found))
            case Fixed():
                return _Held(node.holds, "that passes" if node.holds else "that fails")
            case Choice():
                return self._chosen(node, key)

    def _chosen(self, node: Choice, key: Slice) -> _Held:
        condition = self._held(node.condition, key)
        if condition.ok:
            held = self._held(node.wanted, key)
            return _Held(held.ok, f"{held.words}, judged so because {condition.words}", held.figures)
        held = self._held(node.otherwise, key)
        why = (
            f"nothing else is allowed because {condition.words}"
            if node.plain
            else f"judged so because {condition.words}"
        )
        return _Held(held.ok, f"{held.words}; {why}" if node.plain else f"{held.words}, {why}", held.figures)

    def _compared(self, node: Comparison, key: Slice) -> _Held:
        left, right = self._sum(node.left, key), self._sum(node.right, key)
        gap = left - right
        low = high = gap.value
        told = ""
        if self.manners.on == "interval" and node.sign not in ("==", "!="):
            interval, paired = self.sources.interval(gap)
            low, high = interval
            if any(term.whose for term in gap.terms or ()):
                how = "from pairs" if paired else "not from pairs"
                told = f" (the difference of the two lies between {low:+.3g} and {high:+.3g}, {how})"
            elif gap.terms:
                told = f" (its interval reaches from {low + right.value:.3g} to {high + right.value:.3g})"
        ok = {
            ">=": low >= -ROUNDING,
            ">": low > ROUNDING,
            "<=": high <= ROUNDING,
            "<": high < -ROUNDING,
            "==": abs(gap.value) <= ROUNDING,
            "!=": abs(gap.value) > ROUNDING,
        }[node.sign]
        by_figure = gap.value >= -ROUNDING if node.sign in (">=", ">") else gap.value <= ROUNDING
        seen, wanted = pair_text(left.value, right.value)
        words = _WORDS[node.sign][0 if ok else 1]
        if told and not ok and by_figure:
            words = f"not surely {_WORDS[node.sign][0]}"
        message = f"{self._text(node.left, key, seen)} is {words} {self._text(node.right, key, wanted)}{told}"
        return _Held(ok, message, (left.value, right.value))

    def _sum(self, node: Amount, key: Slice) -> Sum:
        match node:
            case Number():
                return Sum(node.value, node.value)
            case Negative():
                return self._sum(node.of, key).times(-1.0)
            case Figure():
                return self._figure(node, key)
            case Binary():
                left, right = self._sum(node.left, key), self._sum(node.right, key)
                if node.sign == "/" and right.value == 0:
                    subject = _named(node.right, key) if isinstance(node.right, Figure) else "rule"
                    raise NoFigureError("METRIC_NAN", f"{subject} is 0, and nothing can be divided by it", subject)
                if node.sign in "+-":
                    return left + right if node.sign == "+" else left - right
                return left * right if node.sign == "*" else left / right

    def _figure(self, figure: Figure, key: Slice) -> Sum:
        term = Term(figure.whose, _slice_of(figure, key), figure.metric)
        found = self.sources.figure(term)
        if not figure.bound:
            return found
        interval = self.sources.models[term.whose].interval(term.key, term.metric)
        end = interval.low if figure.bound == "low" else interval.high
        return Sum(end, end)

    def _text(self, node: Amount, key: Slice, whole: str) -> str:
        """An amount with the figures put in: ``0.845 (baseline 0.85 - 0.005)``."""
        if isinstance(node, Number):
            return node.text
        if isinstance(node, Figure):
            return f"{_named(node, key)} {whole}"
        return f"{whole} ({self._inner(node, key)})"

    def _inner(self, node: Amount, key: Slice) -> str:
        match node:
            case Number():
                return node.text
            case Figure():
                return f"{_named(node, key)} {self._figure(node, key).value:.4g}"
            case Negative():
                return f"-{self._inner(node.of, key)}"
            case Binary():
                sides = [
                    f"({self._inner(side, key)})"
                    if isinstance(side, Binary) and node.sign in "*/"
                    else self._inner(side, key)
                    for side in (node.left, node.right)
                ]
                return f"{sides[0]} {node.sign} {sides[1]}"


def _slice_of(figure: Figure, key: Slice) -> Slice:
    if figure.pattern is None:
        return ALL_ROWS
    return figure.pattern.slice or key


def _named(figure: Figure, key: Slice) -> str:
    return subject_of(figure.text, _slice_of(figure, key))


def _subject(rule: Rule, key: Slice = ALL_ROWS) -> str:
    """The figure that a rule is about: the first of it."""
    figures = rule.figures
    return subject_of(figures[0].metric, _slice_of(figures[0], key)) if figures else rule.text
