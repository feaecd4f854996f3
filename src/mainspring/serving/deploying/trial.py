"""The trial of a package before it goes live: a real server is started on a copy, and asked its own example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mainspring.core.errors import InputError, MainspringError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.operation import FACTS
from mainspring.models.package import MANIFEST, Package
from mainspring.serving.measuring import measure_operation

GATE = "trial"
_REQUESTS, _SECONDS, _WARM_UP = 100, 5.0, 10


def judge(place: Path, bounds: Mapping[str, float]) -> Verdict:
    """Serve a package as it will be served, ask it its example, and hold what is measured to bounds.

    Args:
        place: The package.
        bounds: By figure, as :class:`mainspring.evaluation.operation.Operation` names them.
    """
    if not bounds:
        return Verdict.of(GATE, [])
    try:
        found = _measured(place, bounds)
    except MainspringError as error:
        return Verdict.of(GATE, [Reason(ok=False, code="TRIAL_FAILED", message=str(error))])
    return Verdict.of(GATE, [_reason(name, found[name], bound) for name, bound in bounds.items()], found)


def _measured(place: Path, bounds: Mapping[str, float]) -> dict[str, float]:
    if not (place / MANIFEST).is_file():
        raise InputError("it is no package, and cannot be tried", expected="thresholds of packages only")
    package = Package.load(place)
    if set(bounds) == {"size_bytes"}:  # no server is needed to know it
        return {"size_bytes": float(package.model_size)}
    if not package.input_example:
        raise InputError("the package has no example that it could be asked", where=str(place))
    rows = Table.from_rows(list(package.input_example))
    operation = measure_operation(place, rows, requests=_REQUESTS, seconds=_SECONDS, warm_up=_WARM_UP).operation
    return {name: float(getattr(operation, name)) for name in FACTS}


def _reason(name: str, observed: float, bound: float) -> Reason:
    higher = FACTS[name].better is Better.HIGHER
    ok = observed >= bound if higher else observed <= bound
    sign = (">=" if higher else "<=") if ok else ("<" if higher else ">")
    return Reason(
        ok=ok,
        code="THRESHOLD_KEPT" if ok else "THRESHOLD_BROKEN",
        message=f"{name} {observed:.6g} {sign} {bound:g}",
        subject=name,
        observed=observed,
        expected=bound,
    )
