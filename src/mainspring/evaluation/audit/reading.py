"""Reading an audit from YAML, with every problem named by its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.schema import nodes
from mainspring.evaluation.audit.audit import CATEGORIES, Audit, Item, Severity, Status
from mainspring.evaluation.gates.rules.reading import read_rule


def read_audit(path: Path) -> Audit:
    """Read an audit that a team has written.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it is not an audit: every problem, with its line.
    """
    if not path.is_file():
        raise NotFoundError("there is no such audit", where=str(path), fix=f"mainspring eval audit new {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is no text in UTF-8", where=str(path), expected="an audit in YAML") from None
    return parse_audit(text, where=str(path))


def parse_audit(text: str, *, where: str = "audit") -> Audit:
    """Read an audit from its text.

    Args:
        text: YAML: ``title``, ``purpose``, ``agreed``, and ``items`` by name.
        where: What the text is called in errors.

    Raises:
        InputError: If it is not an audit: every problem, with its line.

    Example:
        >>> parse_audit('''
        ... title: Census
        ... items:
        ...   women: {question: Does it miss more women?, rule: recall | sex=Female >= 0.8, owner: Ada}
        ... ''').items[0].owner
        'Ada'
    """
    if not text.strip():
        raise InputError("the text is empty", where=where, expected="title: … and items: …", fix=_FIX)
    root = nodes.compose(text, where=where)
    problems: nodes.Problems = []
    found = nodes.mapping(root, problems, "audit", _AUDIT)
    if "title" not in found:
        problems.append((nodes.line(root), "audit: the title is missing"))
    if "items" not in found:
        problems.append(
            (nodes.line(root), "audit: there are no items: ways in which the model might go wrong, by name")
        )
    if problems:
        listed = "\n  ".join(f"line {line}: {why}" for line, why in sorted(set(problems)))
        raise InputError(listed, where=where, expected="title: … and items: …", fix=_FIX)
    return Audit(**found)


_FIX: Final = "mend these lines; mainspring eval audit new writes an example whose head explains the keys"


def _word(kind: type[Severity | Status]) -> nodes.Reader:
    known = [str(one).upper() for one in kind]
    return nodes.choice(known=known, noun=kind.__name__.lower(), make=lambda word: kind(word.lower()))


def _rule(node: Any, problems: nodes.Problems, what: str) -> str | None:
    """An expression that can be read."""
    text = nodes.text(node, problems, what)
    if text is None:
        return None
    try:
        return read_rule(text).text
    except InputError as error:
        told = error.found + (f"\n    expected: {error.expected}" if error.expected else "")
        problems.append((nodes.line(node), f"{what}: {told}"))
        return None


_ITEM: Final[dict[str, nodes.Reader]] = {
    "question": nodes.text,
    "category": nodes.choice(
        known=[name.upper() for name in CATEGORIES], noun="category", make=lambda word: word.lower()
    ),
    "severity": _word(Severity),
    "status": _word(Status),
    "owner": nodes.text,
    "slices": nodes.several(nodes.text),
    "metric": nodes.text,
    "at_least": nodes.number,
    "at_most": nodes.number,
    "rule": _rule,
    "by": nodes.text,
    "reason": nodes.text,
    "evidence": nodes.several(nodes.text),
}


def _items(node: Any, problems: nodes.Problems, what: str) -> tuple[Item, ...]:
    found = (_item(name, value, problems) for name, value in nodes.pairs(node, problems, what))
    return tuple(item for item in found if item is not None)


def _item(name: str, node: Any, problems: nodes.Problems) -> Item | None:
    before = len(problems)
    what = f"item {name!r}"
    keys = nodes.mapping(node, problems, what, _ITEM)
    if "question" not in keys:
        problems.append(
            (nodes.line(node), f"{what}: the question is missing: in which way might the model go wrong?")
        )
    if len(problems) > before:
        return None
    item = Item(name=name, **keys)
    problems += [(nodes.line(node), f"{what}: {why}") for why in _lacking(item)]
    for text in () if len(problems) > before else item.rules:
        try:
            read_rule(text)
        except InputError as error:
            problems.append((nodes.line(node), f"{what}: metric and slices make no rule: {error.found}"))
    return item if len(problems) == before else None


def _lacking(item: Item) -> list[str]:
    """What an item must say and does not."""
    found = []
    bounded = item.at_least is not None or item.at_most is not None
    if bounded and item.metric is None:
        found.append("a bound without a metric; expected metric: NAME")
    if item.status is Status.ACCEPTED and not (item.by.strip() and item.reason.strip()):
        found.append("accepted, but not by whom and why; expected by: NAME and reason: SENTENCE")
    if item.status is Status.COVERED and not (item.rules or item.evidence):
        found.append("covered, but not by what; expected a rule, a bound, or evidence: [WHAT WAS LOOKED AT]")
    return found


_AUDIT: Final[dict[str, nodes.Reader]] = {
    "title": nodes.text,
    "purpose": nodes.text,
    "agreed": nodes.several(nodes.text),
    "items": _items,
}
