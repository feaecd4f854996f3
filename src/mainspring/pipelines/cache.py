"""The cache: what makes two executions the same, and why this one is not like the last."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.core.digests import canonical_json, digest_text
from mainspring.pipelines.code import Code, environment


@dataclass(frozen=True, slots=True)
class CacheKey:
    """All that decides what a step gives, taken apart.

    Attributes:
        parts: ``step`` (which function, which outputs), ``code``, ``parameters``, ``inputs`` (digests by
            argument), ``environment`` (the interpreter and the distributions that the code imports).
        text: The parts as canonical JSON; it is what the record keeps.
        digest: Of that text.
    """

    parts: Mapping[str, Mapping[str, Any]]
    text: str
    digest: str


def key_for(
    *,
    function: str,
    version: str,
    outputs: Iterable[str],
    code: Code,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Sequence[str | None]],
) -> CacheKey:
    """The key of one execution.

    Args:
        function: Module and name of the step's function.
        version: The version the step was given by its author.
        outputs: Names of the outputs.
        code: What the function runs.
        parameters: JSON values by argument.
        inputs: Content digests by argument; ``None`` for an input that is nothing.
    """
    parts: dict[str, Mapping[str, Any]] = {
        "step": {"function": function, "version": version, "outputs": list(outputs)},
        "code": dict(code.parts),
        "parameters": {name: _exact(value) for name, value in parameters.items()},
        "inputs": {name: list(digests) for name, digests in inputs.items()},
        "environment": {**environment(), **code.distributions},
    }
    text = canonical_json(parts)
    return CacheKey(parts, text, digest_text(text))


def _exact(value: Any) -> Any:
    """A JSON value in which infinities and NaN, which JSON does not know, are words."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float {value}"
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two keys differ.

    Attributes:
        part: ``code``, ``parameters``, ``inputs``, ``environment`` or ``step``.
        name: What in it.
        before: The old value; ``None`` if it was not there.
        after: The new value; ``None`` if it is gone.
    """

    part: str
    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        what = {
            "code": f"the code of {self.name}",
            "parameters": f"parameter {self.name!r}",
            "inputs": f"the content of input {self.name!r}",
            "environment": f"the version of {self.name}",
            "step": f"the step's {self.name}",
        }[self.part]
        if self.part in {"code", "inputs"}:
            change = "is new" if self.before is None else "is gone" if self.after is None else "changed"
            return f"{what} {change}"
        if self.before is None:
            return f"{what} is new: {self.after!r}"
        if self.after is None:
            return f"{what} is gone; it was {self.before!r}"
        return f"{what} changed from {self.before!r} to {self.after!r}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Difference]:
    """In what two keys differ, part by part; empty if they are the same."""
    found = []
    for part in ("step", "code", "parameters", "inputs", "environment"):
        old, new = before.get(part, {}), after.get(part, {})
        changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        found += [Difference(part, name, old.get(name), new.get(name)) for name in changed]
    return found
