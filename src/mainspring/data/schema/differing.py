"""What changed from one schema to another, and whether more or less data passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Stage
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.plain import plain, said


class Effect(StrEnum):
    """What a change does to data."""

    LOOSER = "looser"
    """Whatever passed before still passes."""
    TIGHTER = "tighter"
    """Whatever passes now passed before."""
    OTHER = "other"
    """Neither, or only people can tell."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that says something else.

    Attributes:
        path: The feature; empty for the whole schema.
        key: The key; one inside of another with a point between, such as ``drift.psi``.
        old: What it said, as a plain value; ``None`` for nothing.
        new: What it says.
        effect: Whether more or less data passes.
    """

    path: str
    key: str
    old: Any
    new: Any
    effect: Effect

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        told = "" if self.effect is Effect.OTHER else f"  ({self.effect})"
        if isinstance(self.old, list) and isinstance(self.new, list) and all(map(_short, self.old + self.new)):
            lost = [one for one in self.old if one not in self.new]
            won = [one for one in self.new if one not in self.old]
            parts = [f"+ {_listed(won)}"] * bool(won) + [f"- {_listed(lost)}"] * bool(lost)
            if parts:
                return f"~ {where}{self.key}: {' '.join(parts)}{told}"
        return f"~ {where}{self.key}: {_shown(self.old)} → {_shown(self.new)}{told}"


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """What changed from one schema to another. True if anything did.

    Attributes:
        added: Features that are new, with what they say.
        removed: Features that are gone, with what they said.
        changed: Keys that say something else.
        notes: Sentences on what an update left as it was, and why.

    Example:
        >>> from mainspring.data.schema import Schema
        >>> old = Schema.from_text("features: {age: {type: INT, max: 99}}")
        >>> print(diff(old, old.edit("age", max=130)))
        ~ age: max: 99 → 130  (looser)
    """

    added: Mapping[str, Feature]
    removed: Mapping[str, Feature]
    changed: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def loosening(self) -> tuple[Change, ...]:
        """The changes that let more data pass."""
        return tuple(change for change in self.changed if change.effect is Effect.LOOSER)

    @property
    def tightening(self) -> tuple[Change, ...]:
        """The changes that let less data pass."""
        return tuple(change for change in self.changed if change.effect is Effect.TIGHTER)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "added": {name: said(feature) for name, feature in self.added.items()},
            "removed": {name: said(feature) for name, feature in self.removed.items()},
            "changed": [
                {"path": one.path, "key": one.key, "old": one.old, "new": one.new, "effect": one.effect.value}
                for one in self.changed
            ],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = [f"+ {name}: {_described(feature)}" for name, feature in self.added.items()]
        lines += [f"- {name}: {_described(feature)}" for name, feature in self.removed.items()]
        lines += [str(change) for change in self.changed]
        return "\n".join([*lines, *(f"! {note}" for note in self.notes)])


def diff(old: Declaration, new: Declaration) -> SchemaDiff:
    """What changed from one schema to another. The order of the features and the version do not count."""
    added = {name: one for name, one in new.features.items() if name not in old.features}
    removed = {name: one for name, one in old.features.items() if name not in new.features}
    kept = [name for name in new.features if name in old.features]
    changed = [*_whole(old, new)]
    for name in kept:
        changed += _feature(name, old, new)
    return SchemaDiff(added, removed, tuple(changed))


def _whole(old: Declaration, new: Declaration) -> Iterator[Change]:
    for field in fields(Declaration):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in {"features", "version"} or before == after:
            continue
        if field.name in {"sparse", "weighted", "checks"}:
            yield from _by_name(field.name, before, after)
        else:
            yield from _changes("", field.name, before, after)


def _by_name(key: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Iterator[Change]:
    old, new = ({one.name: one for one in side} for side in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) == new.get(name):
            continue
        effect = Effect.OTHER
        if name not in old or name not in new:
            effect = Effect.TIGHTER if name in new else Effect.LOOSER
        yield Change("", f"{key}.{name}", plain(old.get(name)), plain(new.get(name)), effect)


def _feature(name: str, old: Declaration, new: Declaration) -> Iterator[Change]:
    before, after = old.features[name], new.features[name]
    for field in fields(Feature):
        was, now = getattr(before, field.name), getattr(after, field.name)
        if was == now:
            continue
        if field.name in {"drift", "skew"}:
            limits = [getattr(side, f"{field.name}_limits")(name) for side in (old, new)]
            yield from _limits(name, field.name, was, now, *limits)
        else:
            yield from _changes(name, field.name, was, now)


def _limits(
    path: str, key: str, was: DriftLimits, now: DriftLimits, held: DriftLimits, holds: DriftLimits
) -> Iterator[Change]:
    """A limit that a feature does not set itself is that of the schema: what holds decides."""
    for field in fields(DriftLimits):
        old, new = getattr(was, field.name), getattr(now, field.name)
        if old != new:
            effect = _bound(getattr(held, field.name), getattr(holds, field.name), upper=True)
            yield Change(path, f"{key}.{field.name}", old, new, effect)


def _changes(path: str, key: str, was: Any, now: Any) -> Iterator[Change]:
    """The change of one key; of a group of limits, one for each of them."""
    if _is_group(was) and _is_group(now) and type(was) is type(now):
        for field in fields(was):
            old, new = getattr(was, field.name), getattr(now, field.name)
            if old != new:
                yield Change(path, f"{key}.{field.name}", plain(old), plain(new), _effect(field.name, old, new))
    else:
        yield Change(path, key, plain(was), plain(now), _effect(key, was, now))


def _is_group(value: Any) -> bool:
    return hasattr(value, "__dataclass_fields__")


_LEAST: Final = {"presence", "min_count", "min_domain_mass"}
_FLAGS: Final = {"allow_nan": True, "allow_inf": True, "required": False}
_SAYING: Final = {
    *("shape", "bool_domain", "time", "language", "image", "unique", "length"),
    *("num_examples_drift", "num_examples_version"),
}


def _effect(key: str, was: Any, now: Any) -> Effect:
    if key in _LEAST or key.startswith("min"):
        return _bound(was or None, now or None, upper=False) if key in _LEAST else _bound(was, now, upper=False)
    if key.startswith("max") or key in DriftLimits.__slots__:
        return _bound(was, now, upper=True)
    if key in _FLAGS:
        return Effect.LOOSER if now is _FLAGS[key] else Effect.TIGHTER
    if key == "domain":
        return _inclusion(None if was is None else {*was}, None if now is None else {*now})
    if key == "absent_in":
        return _inclusion({*was}, {*now})
    if key == "value_counts":
        return _counts(was, now)
    if key == "stage":
        return _stages(was, now)
    if key == "type":
        return _types(was, now)
    if key in _SAYING and (was is None or now is None):
        return Effect.TIGHTER if was is None else Effect.LOOSER
    return Effect.OTHER


def _bound(was: float | None, now: float | None, *, upper: bool) -> Effect:
    if was is None or now is None:
        return Effect.OTHER if was == now else Effect.LOOSER if now is None else Effect.TIGHTER
    if was == now:
        return Effect.OTHER
    return Effect.LOOSER if (now > was) is upper else Effect.TIGHTER


def _inclusion(was: set[str] | None, now: set[str] | None) -> Effect:
    if was is None or now is None:
        return Effect.TIGHTER if was is None else Effect.LOOSER
    return Effect.LOOSER if was < now else Effect.TIGHTER if was > now else Effect.OTHER


def _counts(was: tuple[Any, ...], now: tuple[Any, ...]) -> Effect:
    if len(was) != len(now):
        return Effect.OTHER
    effects = {
        _bound(getattr(one, end), getattr(other, end), upper=end == "max")
        for one, other in zip(was, now, strict=True)
        for end in ("min", "max")
        if getattr(one, end) != getattr(other, end)
    }
    return effects.pop() if len(effects) == 1 else Effect.OTHER


def _stages(was: Stage, now: Stage) -> Effect:
    if was.is_validated == now.is_validated:
        return Effect.OTHER
    return Effect.TIGHTER if now.is_validated else Effect.LOOSER


def _types(was: ColumnType, now: ColumnType) -> Effect:
    wider = {(ColumnType.INT, ColumnType.FLOAT), (ColumnType.INT, ColumnType.STRING)}
    if (was, now) in wider or now is ColumnType.OTHER:
        return Effect.LOOSER
    return Effect.TIGHTER if (now, was) in wider or was is ColumnType.OTHER else Effect.OTHER


def _described(feature: Feature) -> str:
    keys = said(feature)
    more = ", ".join(f"{key} {_shown(value)}" for key, value in keys.items() if key not in {"name", "type"})
    return feature.type.value + (f" ({more})" if more else "")


def _short(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{_listed(value)}]"
    return "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _listed(values: list[Any]) -> str:
    more = f", … {len(values) - 8} more" if len(values) > 8 else ""
    return ", ".join(repr(one) if isinstance(one, str) else _shown(one) for one in values[:8]) + more
