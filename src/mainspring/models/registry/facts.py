"""What is searched for of a version, and the questions that may be asked.

============================  ======================================================================
in a question                 is
============================  ======================================================================
``accuracy``, ``metric.auc``  a metric of the version; any word that is none of the below is one too
``param.max_depth``           an argument of its estimator
``tag.team``                  a tag of the version
``alias.production``          ``TRUE`` while that alias points at it
``name``, ``version``         of the version
``author``, ``reason``,       as it was registered
``digest``
``estimator``, ``runtime``,   of its package
``task``, ``label``
``blessed``, ``archived``     ``TRUE`` or ``FALSE``; missing if nobody said so
``description``               in words
``created_at``                when it was registered
``model.tag.team``,           of its model
``model.description``
============================  ======================================================================

Operators and values are those of the record's filter language (:mod:`mainspring.store.query`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Context, Value
from mainspring.models.package import Package
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.rule import Explanation
from mainspring.store.query.tokens import tokens

PLAIN: Final = (
    "author",
    "reason",
    "digest",
    "estimator",
    "runtime",
    "task",
    "label",
    "blessed",
    "archived",
    "description",
)
GROUPS: Final = ("tag", "metric", "param", "alias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What people said of a model or a version.

    Attributes:
        tags: Names with values.
        description: In words.
        blessed: Whether it may be used; ``None`` if nobody said so.
        archived: Whether it is kept for the record alone.
        explanation: Why a version has its number, part by part; ``None`` for a model, and for versions that were
            registered before this was kept.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    blessed: bool | None = None
    archived: bool = False
    explanation: Explanation | None = None

    @classmethod
    def read(cls, context: Context) -> Self:
        """Read what the record has."""
        told: dict[str, Any] = dict(context.custom)
        explained = told.get("explanation")
        return cls(
            tags={
                name[4:]: str(told[name])
                for name in sorted(told)
                if name.startswith("tag.") and told[name] is not None
            },
            description=str(told.get("description") or ""),
            blessed=told.get("blessed"),
            archived=bool(told.get("archived")),
            explanation=Explanation.from_dict(explained) if explained else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "tags": dict(self.tags),
            "description": self.description,
            "blessed": self.blessed,
            "archived": self.archived,
            "explanation": None if self.explanation is None else self.explanation.as_dict(),
        }


def facts_of(version: ModelVersion, package: Package | None, explanation: Explanation | None) -> dict[str, Value]:
    """What is searched for of a version, as free properties of its context."""
    found: dict[str, Value] = {"author": version.author, "reason": version.reason, "digest": version.digest}
    found |= {f"metric.{name}": float(value) for name, value in version.metrics.items() if math.isfinite(value)}
    if explanation is not None:
        found["explanation"] = explanation.as_dict()
    if package is not None:
        details = package.details
        found |= {"runtime": package.runtime, "task": package.signature.task}
        found |= {name: str(details[name]) for name in ("estimator", "label") if details.get(name)}
        params = details.get("params") or {}
        found |= {
            f"param.{name}": value for name, value in params.items() if isinstance(value, bool | int | float | str)
        }
    return found


def question(where: str) -> str:
    """A question about versions in the words of the record's filter language.

    Raises:
        InputError: For a name that is none.

    Example:
        >>> question("accuracy > 0.9 and tag.team = 'risk'")
        "custom.`metric.accuracy` > 0.9 and custom.`tag.team` = 'risk'"
    """
    found, place, words = [], 0, tokens(where)
    at = 0
    while at < len(words):
        first = words[at]
        if first.kind not in ("word", "quoted"):
            at += 1
            continue
        names = [first.text.strip("`")]
        while words[at + 1].text == "." and words[at + 2].kind in ("word", "quoted"):
            names.append(words[at + 2].text.strip("`"))
            at += 2
        found += [where[place : first.start], _field(names)]
        place = words[at].end
        at += 1
    return "".join([*found, where[place:]])


def _field(names: list[str]) -> str:
    if names[0] == "model" and len(names) > 1:
        own = _own(names[1:])
        return f"parents.model.{own}"
    if names == ["name"]:
        return "properties.model"
    if names == ["version"]:
        return "properties.version"
    return names[0] if names == ["created_at"] else _own(names)


def _own(names: list[str]) -> str:
    if len(names) == 1:
        return f"custom.{names[0]}" if names[0] in PLAIN else f"custom.`metric.{names[0]}`"
    if names[0] in GROUPS:
        return f"custom.`{'.'.join(names)}`"
    raise InputError(
        f"there is nothing named {'.'.join(names)!r} to ask for",
        expected="a metric, " + ", ".join([f"{group}.NAME" for group in GROUPS] + ["model.tag.NAME", *PLAIN]),
    )
