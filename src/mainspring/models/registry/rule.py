"""The rule of versions: what changed between two packages, and which part of the number that moves.

===========  ===================================================================================================
MAJOR        a caller of the version before could break: a column gone, of another type, new and required, not
             allowed to be missing any more, a category no longer known; another task, other classes or target
MINOR        the main metric got better, by more than the margin
PIPELINE     otherwise
===========  ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, TypeAlias

from mainspring.core.errors import InputError
from mainspring.evaluation import Better, better
from mainspring.models.package import Package
from mainspring.models.signature import Field, Signature
from mainspring.models.versions import Version, next_version

Part: TypeAlias = Literal["FIRST", "MAJOR", "MINOR", "PIPELINE"]
"""What a version moved, compared with the one before."""

MAIN_METRICS = ("auc", "auc_weighted", "accuracy", "rmse", "mae")
"""The first of these that both versions have is the main metric, unless one is named."""

_FEW = 5


@dataclass(frozen=True, slots=True)
class SignatureChange:
    """One thing in which two signatures differ.

    Attributes:
        subject: The column, or ``task``, ``classes`` or ``target``.
        message: What changed, as a sentence.
        breaking: Whether somebody who calls the version before could break.
    """

    subject: str
    message: str
    breaking: bool

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a version has its number.

    Attributes:
        part: What moved.
        since: The version that it was compared with; empty for the first one.
        reasons: What moved it, one by one.
        others: What changed besides, without moving it.
        metric: The main metric; empty if there was none to compare.
        before: Its value in the version before.
        after: Its value now.
        margin: By how much it had to get better.
        lower_is_better: Its direction.
    """

    part: Part
    since: str = ""
    reasons: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    metric: str = ""
    before: float | None = None
    after: float | None = None
    margin: float = 0.0
    lower_is_better: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "reasons": list(self.reasons), "others": list(self.others)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "reasons": tuple(value["reasons"]), "others": tuple(value["others"])})


def judge(
    version: Version | None,
    before: Package | None,
    after: Package,
    *,
    metrics_before: Mapping[str, float],
    metrics: Mapping[str, float],
    metric: str | None = None,
    direction: str | None = None,
    margin: float = 0.0,
) -> tuple[Version, str, Explanation]:
    """The number of a package, why in words, and why part by part.

    Args:
        version: The highest version so far.
        before: Its package; ``None`` together with the version.
        after: What is numbered.
        metrics_before: The metrics of the version before.
        metrics: The metrics now.
        metric: The main metric; by default the first of :data:`MAIN_METRICS` that both have.
        direction: ``"higher"`` or ``"lower"``: what is better; by default what the metric's name says.
        margin: By how much it must get better for MINOR.

    Raises:
        InputError: For a direction that is none, or a margin below zero.
    """
    if direction not in (None, "higher", "lower"):
        raise InputError(f"better={direction!r}", expected="'higher' or 'lower'")
    if not margin >= 0:
        raise InputError(f"margin={margin!r}", expected="0 or more: by how much the metric must get better")
    if version is None or before is None:
        made, why = next_version(None)
        return made, why, Explanation(part="FIRST")
    changes = [*_target(before, after), *signature_changes(before.signature, after.signature)]
    breaks = [one.message for one in changes if one.breaking]
    improved, figures, told = _measured(metric, metrics_before, metrics, direction, margin)
    made, why = next_version(
        version,
        breaks=breaks,
        improved=told if improved else None,
        otherwise=f"the same signature; {told}" if not changes else f"nothing that breaks a caller; {told}",
    )
    part: Part = "MAJOR" if breaks else "MINOR" if improved else "PIPELINE"
    others = [one.message for one in changes if not one.breaking] + ([] if part == "MINOR" else [told])
    reasons = breaks or ([told] if improved else [])
    return (
        made,
        why,
        Explanation(
            part=part, since=str(version), reasons=tuple(reasons), others=tuple(others), margin=margin, **figures
        ),
    )


def signature_changes(before: Signature, after: Signature) -> tuple[SignatureChange, ...]:
    """In what two signatures differ, each told as breaking or not.

    A caller of today sends every column of today, with the values that are allowed today, and reads today's
    outputs. A category that is no longer known would be answered as unseen, so a narrower domain breaks.

    Example:
        >>> old = Signature.of([Field("fare", "FP64")], classes=None)
        >>> new = Signature.of([Field("fare", "FP64"), Field("day", "BYTES", required=False)], classes=None)
        >>> [(change.message, change.breaking) for change in signature_changes(old, new)]
        [("column 'day' is new", False)]
    """
    return tuple(_changes(before, after))


def _changes(before: Signature, after: Signature) -> Iterator[SignatureChange]:
    if before.task != after.task:
        yield SignatureChange("task", f"the task is {after.task}, was {before.task}", breaking=True)
    elif before.classes != after.classes:
        words = f"the classes are {_list(after.classes)}, were {_list(before.classes)}"
        yield SignatureChange("classes", words, breaking=True)
    old, new = ({field.name: field for field in one.inputs} for one in (before, after))
    for name in old:
        if name not in new:
            yield SignatureChange(name, f"column {name!r} is not read any more", breaking=True)
    for name, field in new.items():
        if name in old:
            yield from _field(old[name], field)
        else:
            end = " and required" if field.required else ""
            yield SignatureChange(name, f"column {name!r} is new{end}", breaking=field.required)


def _field(old: Field, new: Field) -> Iterator[SignatureChange]:
    name = new.name
    if new.datatype != old.datatype:
        wider = (old.datatype, new.datatype) == ("INT64", "FP64")
        words = f"column {name!r} is {new.datatype}, was {old.datatype}"
        yield SignatureChange(name, words, breaking=not wider)
    if old.nullable != new.nullable:
        words = "may be missing now" if new.nullable else "may not be missing any more"
        yield SignatureChange(name, f"column {name!r} {words}", breaking=not new.nullable)
    if old.required != new.required:
        words = "is required now" if new.required else "need not be sent any more"
        yield SignatureChange(name, f"column {name!r} {words}", breaking=new.required)
    if old.domain is None or new.domain is None:
        if old.domain != new.domain:
            words = "has a list of known values now" if new.domain else "has no list of known values any more"
            yield SignatureChange(name, f"column {name!r} {words}", breaking=False)
        return
    gone = [word for word in old.domain if word not in new.domain]
    more = [word for word in new.domain if word not in old.domain]
    if gone:
        yield SignatureChange(name, f"column {name!r} does not know {_some(gone)} any more", breaking=True)
    if more:
        yield SignatureChange(name, f"column {name!r} knows {_some(more)} now", breaking=False)


def _target(before: Package, after: Package) -> Iterator[SignatureChange]:
    old, new = before.details.get("label"), after.details.get("label")
    if old != new:
        yield SignatureChange("target", f"it predicts {new!r}, not {old!r}", breaking=True)


def _measured(
    metric: str | None,
    before: Mapping[str, float],
    after: Mapping[str, float],
    direction: str | None,
    margin: float,
) -> tuple[bool, dict[str, Any], str]:
    """Whether the main metric got better, its figures, and a sentence with both of them."""
    both = [name for name in ([metric] if metric else MAIN_METRICS) if name in before and name in after]
    if not both:
        return False, {}, f"no figure of {metric or 'a main metric'} to compare"
    name = both[0]
    lower = direction == "lower" if direction else better(name) is Better.LOWER
    old, new = before[name], after[name]
    gain = old - new if lower else new - old
    told = f"{name} {old:.4g} → {new:.4g}"
    if 0 < gain <= margin:
        told += f", within the margin of {margin:g}"
    figures = {"metric": name, "before": old, "after": new, "lower_is_better": lower}
    return gain > margin, figures, told


def _list(words: Sequence[str] | None) -> str:
    return "none" if words is None else ", ".join(repr(word) for word in words)


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _FEW} more" if len(words) > _FEW else ""
    return _list(words[:_FEW]) + more
