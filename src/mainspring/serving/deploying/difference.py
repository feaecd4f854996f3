"""What would change: what is asked for against what is, deployment by deployment and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from mainspring.serving.deploying.revision import Pins

Kind: TypeAlias = Literal["added", "changed", "removed", "unchanged"]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment at one moment.

    Attributes:
        plain: What its file says.
        pins: Which versions that means.
    """

    plain: Mapping[str, Any]
    pins: Pins


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a file that is different, or the version that a reference means.

    Attributes:
        path: The way to it: ``models.taxi.batching.max_wait``.
        before: Its value; ``None`` if there was none.
        after: Likewise.
    """

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.path}: {_text(self.after)}"
        if self.after is None:
            return f"- {self.path}: {_text(self.before)}"
        return f"~ {self.path}: {_text(self.before)} -> {_text(self.after)}"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is different of one deployment.

    Attributes:
        deployment: Its name.
        kind: Whether it is new, gone, other than before, or as before.
        fields: What of it is.
        notes: What becomes of rollouts that are under way.
    """

    deployment: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """It in words."""
        head = f"{self.deployment}: {self.kind}"
        return (head, *(f"  {one}" for one in self.fields), *(f"  ! {one}" for one in self.notes))


def differences(before: Mapping[str, State], after: Mapping[str, State]) -> tuple[Difference, ...]:
    """What is different between two states of a server, by name; what is as before is told, too."""
    return tuple(_difference(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))


def lines_of(found: tuple[Difference, ...]) -> tuple[str, ...]:
    """Everything that is different, in words."""
    return tuple(line for one in found if one.kind != "unchanged" for line in one.lines)


def _difference(name: str, before: State | None, after: State | None) -> Difference:
    old, new = ({} if one is None else dict(_leaves(one)) for one in (before, after))
    fields = tuple(
        FieldChange(path=path, before=old.get(path), after=new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    )
    if before is None:
        return Difference(deployment=name, kind="added", fields=fields)
    if after is None:
        return Difference(deployment=name, kind="removed", fields=fields)
    notes = tuple(_rollouts(before, after, [one.path for one in fields]))
    return Difference(deployment=name, kind="changed" if fields else "unchanged", fields=fields, notes=notes)


def _rollouts(before: State, after: State, paths: Sequence[str]) -> Iterator[str]:
    """What becomes of rollouts: they go on under the same declaration and with the same versions alone."""
    for model in sorted(_models(before).keys() & _models(after).keys()):
        old, new = (_rollout(one, model) for one in (before, after))
        touched = any(path.startswith((f"models.{model}.", f"models.{model} ")) for path in paths)
        if old is None or not touched:
            continue
        if new is None:
            yield f"the rollout of {model} ends, whatever it has come to"
        elif old == new:
            yield f"the rollout of {model} goes on where it is"
        elif "bandit" in old[0] and "bandit" in new[0]:
            yield f"the bandit of {model} goes on with what it knows of its arms"
        else:
            yield f"the rollout of {model} begins anew, whatever it has come to"


def _models(state: State) -> Mapping[str, Any]:
    found = state.plain.get("models")
    return found if isinstance(found, dict) else {}


def _rollout(state: State, model: str) -> tuple[Any, ...] | None:
    """What is declared, and about which versions; ``None`` if nothing is."""
    said = _models(state)[model]
    declared = said.get("rollout") if isinstance(said, dict) else None
    if not isinstance(declared, dict) or not declared:
        return None
    return declared, [(one.label, one.version) for one in state.pins.get(model, ())]


def _leaves(state: State) -> Iterator[tuple[str, Any]]:
    yield from _flat({key: value for key, value in state.plain.items() if key != "deployment"}, "")
    for model, pins in state.pins.items():
        for pin in pins:
            label = f".{pin.label}" if pin.label else ""
            yield f"models.{model} serves{label}", f"{pin.version} ({_short(pin.digest)})"


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value that is no mapping, with the way to it."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _flat(one, f"{path}.{key}" if path else str(key))
    elif value is not None:
        yield path, value


def _short(digest: str) -> str:
    kind, _, rest = digest.rpartition(":")
    return rest[:12] if kind != "graph" else f"graph {rest[:12]}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
