"""Reading the text of a rule: recursive descent, one method for each line of the grammar.

.. code-block:: text

    rule        = choice
    choice      = either [ "if" either [ "else" choice ] ]
    either      = both { "or" both }
    both        = plain { "and" plain }
    plain       = "not" plain | "pass" | "fail" | "(" choice ")" | comparison
    comparison  = sum sign sum { sign sum }              sign: >= <= > < == !=
    sum         = product { ("+" | "-") product }
    product     = factor { ("*" | "/") factor }
    factor      = "-" factor | number [unit] | figure | "(" sum ")"
    figure      = [BASELINE "."] METRIC ["." ("low" | "high")] ["|" slice] | BASELINE ["|" slice]
    slice       = "*" | "every slice" | COLUMN "=" (VALUE | "*") { "," COLUMN "=" (VALUE | "*") }
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, cast

from mainspring.core.errors import InputError
from mainspring.evaluation.gates.rules.tokens import BYTES, NAME, SECONDS, Token, tokens, wrong
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
    Sign,
    Some,
    figures_of,
    negated,
    with_figures,
)

BASELINE: Final = "baseline"
"""The name under which a rule speaks of the baseline that has no other."""

_BOUNDS = ("low", "high")
_COMPARED = frozenset({">=", "<=", ">", "<", "==", "!="})
_MEASURED_IN: Final = {
    **dict.fromkeys(("latency_p50", "latency_p90", "latency_p95", "latency_p99", "load_seconds"), "a time"),
    **dict.fromkeys(("size_bytes", "memory_bytes"), "a size"),
    "throughput": "rows per second",
}


def read_rule(text: str, *, baselines: Collection[str] = (BASELINE,)) -> Rule:
    """Read a rule.

    Args:
        text: The rule, such as ``"accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline"``.
        baselines: The names by which it may speak of other models.

    Raises:
        InputError: If it cannot be read; the message has a caret under the place.

    Example:
        >>> [figure.text for figure in read_rule("log_loss <= 1.02 * baseline and size_bytes <= 5 MB").figures]
        ['log_loss', 'baseline', 'size_bytes']
    """
    text = " ".join(text.split())
    reader = _Reader(text, tokens(text), frozenset(baselines))
    condition = reader.choice()
    if reader.now.kind != "end":
        raise reader.wrong(
            f"{reader.now.text!r} comes where the rule could end", expected="and, or, if, or nothing more"
        )
    return Rule(text, condition)


@dataclass(slots=True)
class _Reader:
    text: str
    tokens: list[Token]
    baselines: frozenset[str]
    place: int = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def wrong(
        self, found: str, *, expected: str | None = None, at: int | None = None, fix: str | None = None
    ) -> InputError:
        return wrong(self.text, self.now.at if at is None else at, found, expected=expected, fix=fix)

    def take(self, *texts: str) -> Token | None:
        """The next token, if it is one of these signs or words."""
        token = self.now
        if token.kind in ("sign", "word") and token.text in texts:
            self.place += 1
            return token
        return None

    def choice(self) -> Condition:
        wanted = self.either()
        start = self.take("if")
        if start is None:
            return wanted
        condition = self.either()
        if self.take("else"):
            return Choice(wanted, condition, self.choice(), plain=False)
        return Choice(wanted, condition, self.plain_form(wanted, start), plain=True)

    def plain_form(self, wanted: Condition, start: Token) -> Condition:
        """What must hold where the condition of an allowance does not: the comparison with the baseline itself."""
        if isinstance(wanted, Comparison):
            same = [figure for figure in figures_of(wanted.right) if self.is_same(figure, wanted)]
            if len(same) == 1 and isinstance(wanted.left, Figure) and wanted.right != same[0]:
                return replace(wanted, right=same[0])
        raise self.wrong(
            "it is not said what must hold where the condition does not",
            expected="METRIC >= baseline ± SOMETHING before if, or else after the condition",
            at=start.at,
            fix="add: else pass, else fail, or else and another comparison",
        )

    def is_same(self, figure: Figure, comparison: Comparison) -> bool:
        left = comparison.left
        return isinstance(left, Figure) and figure.whose != left.whose and figure.metric == left.metric

    def either(self) -> Condition:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def both(self) -> Condition:
        parts = [self.plain()]
        while self.take("and"):
            parts.append(self.plain())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def plain(self) -> Condition:
        if self.take("not"):
            return negated(self.plain())
        if word := self.take("pass", "fail"):
            return Fixed(word.text == "pass")
        if self.now.text == "(" and self.opens_condition():
            self.take("(")
            inner = self.choice()
            self.close()
            return inner
        return self.comparison()

    def opens_condition(self) -> bool:
        """Whether a parenthesis holds comparisons; otherwise it holds an amount."""
        depth = 0
        for token in self.tokens[self.place :]:
            if token.kind not in ("sign", "word"):
                continue
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return False
            if token.text in _COMPARED or token.kind == "word":
                return True
        return False

    def close(self) -> None:
        if not self.take(")"):
            raise self.wrong(f"{self.now.text!r} comes where a parenthesis is still open", expected=")")

    def comparison(self) -> Condition:
        sides = [self.sum()]
        signs: list[Token] = []
        while sign := self.take(*_COMPARED):
            signs.append(sign)
            sides.append(self.sum())
        if not signs:
            raise self.wrong(
                f"{self.now.text!r} comes where a comparison is due", expected=">=, <=, >, <, == or !="
            )
        self.check_units(sides)
        sides = self.resolved(sides)
        found = tuple(
            Comparison(cast("Sign", sign.text), sides[i], sides[i + 1], sign.at) for i, sign in enumerate(signs)
        )
        return found[0] if len(found) == 1 else Every(found)

    def check_units(self, sides: list[Amount]) -> None:
        """A time is not held against a size."""
        kinds = {_MEASURED_IN.get(figure.metric) for side in sides for figure in figures_of(side) if figure.metric}
        for number in (number for side in sides for number in _numbers(side)):
            kind = "a time" if number.unit in SECONDS else "a size" if number.unit in BYTES else None
            if kind and kinds and None not in kinds and kind not in kinds:
                raise self.wrong(
                    f"{number.text} is {kind}, and what it is compared with is {min(map(str, kinds))}",
                    at=number.at,
                )

    def resolved(self, sides: list[Amount]) -> list[Amount]:
        """``baseline`` alone means the metric and the slice of the model's figure in the same comparison."""
        figures = [figure for side in sides for figure in figures_of(side)]
        open_ = [figure for figure in figures if not figure.metric]
        if not open_:
            return sides
        own = [figure for figure in figures if figure.metric and not figure.whose]
        meant = {(figure.metric, figure.pattern) for figure in own}
        first = open_[0]
        if len(meant) != 1:
            found = f"{first.text} stands for the same metric of the {first.text}"
            raise self.wrong(
                f"{found}, and this comparison has {'several' if meant else 'none'}",
                at=first.at,
                fix=f"name the metric: {first.whose}.METRIC",
            )
        [(metric, pattern)] = meant
        change = {figure: replace(figure, metric=metric, pattern=figure.pattern or pattern) for figure in open_}
        return [with_figures(side, change) for side in sides]

    def sum(self) -> Amount:
        found = self.product()
        while sign := self.take("+", "-"):
            found = Binary(sign.text, found, self.product())
        return found

    def product(self) -> Amount:
        found = self.factor()
        while sign := self.take("*", "/"):
            found = Binary(sign.text, found, self.factor())
        return found

    def factor(self) -> Amount:
        if self.take("-"):
            return Negative(self.factor())
        if self.take("("):
            inner = self.sum()
            self.close()
            return inner
        token = self.now
        if token.kind == "number":
            self.place += 1
            return Number(token.value, token.text, token.unit, token.at)
        if token.kind == "name":
            return self.figure()
        raise self.wrong(f"{token.text!r} comes where a figure is due", expected="a metric, a number, or baseline")

    def figure(self) -> Figure:
        token = self.now
        self.place += 1
        parts = [part[0].strip("`") for part in NAME.finditer(token.text)]
        whose = parts.pop(0) if parts[0] in self.baselines else ""
        bound = parts.pop() if parts and parts[-1] in _BOUNDS else ""
        if len(parts) > 1 or not (parts or whose):
            known = ", ".join(sorted(self.baselines)) or "none"
            raise self.wrong(
                f"{token.text!r} is no figure",
                expected=f"METRIC, or BASELINE.METRIC with one of the baselines ({known})",
                at=token.at,
            )
        pattern = None
        if self.now.kind == "slice":
            pattern = Pattern(self.now.pairs)
            self.place += 1
        return Figure(whose, parts[0] if parts else "", pattern, bound, token.text, token.at)


def _numbers(node: Amount) -> list[Number]:
    match node:
        case Number():
            return [node]
        case Binary():
            return _numbers(node.left) + _numbers(node.right)
        case Negative():
            return _numbers(node.of)
        case Figure():
            return []
