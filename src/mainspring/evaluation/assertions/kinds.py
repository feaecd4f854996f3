"""Whether a condition makes sense of the columns it reads: text is compared with text, numbers with numbers.

A comparison of the two never holds, and so an assertion with one would look as if it were kept.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.core.errors import InputError
from mainspring.evaluation.assertions.conditions import ANSWER, Condition, is_column, named, wrong


def check_kinds(condition: Condition, texts: Collection[str], classes: Sequence[str] | None) -> None:
    """See that a condition compares like with like, and answers with classes that there are.

    Args:
        condition: What is checked.
        texts: The columns that hold text; all others hold numbers.
        classes: The model's classes; ``None`` for a regression.

    Raises:
        InputError: With the place at which it does not.
    """
    _Check(condition.text, frozenset(texts), None if classes is None else tuple(classes)).truth(condition.tree)


@dataclass(frozen=True, slots=True)
class _Check:
    text: str
    texts: frozenset[str]
    classes: tuple[str, ...] | None

    def truth(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp(values=parts):
                for part in parts:
                    self.truth(part)
            case ast.UnaryOp(operand=part):
                self.truth(part)
            case ast.Compare(left=left, ops=_, comparators=others):
                for one, other in zip([left, *others], others, strict=False):
                    for item in other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]:
                        self.compared(one, item)
            case ast.Call() if not is_column(node):
                pass
            case _ if self.is_text(node):
                raise self.error(node, f"{named(node)!r} is text, which is neither true nor false")

    def compared(self, left: ast.expr, right: ast.expr) -> None:
        if self.is_text(left) is not self.is_text(right):
            text, number = (left, right) if self.is_text(left) else (right, left)
            told = f"{ast.unparse(text)} is text, and {ast.unparse(number)} a number: the two are never equal"
            raise self.error(right, told)
        for answer, value in ((left, right), (right, left)):
            if isinstance(value, ast.Constant) and _is_answer(answer) and self.classes is not None:
                self.known(value)

    def known(self, value: ast.Constant) -> None:
        if str(value.value) not in (self.classes or ()):
            raise self.error(value, f"{value.value!r} is no class of the model", self.classes)

    def is_text(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=value):
                return isinstance(value, str)
            case ast.UnaryOp(operand=part):
                self.number(part)
                return False
            case ast.BinOp(left=left, right=right):
                self.number(left)
                self.number(right)
                return False
        name = named(node)
        return name in self.texts or (name == ANSWER and self.classes is not None)

    def number(self, node: ast.expr) -> None:
        if self.is_text(node):
            raise self.error(node, f"{ast.unparse(node)} is text: it cannot be reckoned with")

    def error(self, node: ast.expr, what: str, known: Sequence[Any] | None = None) -> InputError:
        found = wrong(self.text, what, node.col_offset)
        return (
            found if known is None else InputError(found.found, expected="one of " + ", ".join(map(repr, known)))
        )


def _is_answer(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == ANSWER
