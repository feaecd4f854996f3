"""What a schema asks of a feature, in short lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.data.viewing.drifts import NAMES
from mainspring.data.viewing.wording import figure, percent, shortened

if TYPE_CHECKING:
    from mainspring.data.schema import DriftLimits, Feature, Schema

_WORDS = 12


def expected_type(feature: Feature) -> str:
    """The type in words.

    Example:
        >>> from mainspring.data.schema import Feature
        >>> from mainspring.data.celltypes import ColumnType
        >>> expected_type(Feature(name="x", type=ColumnType.INT, categorical=True))
        'int, categorical'
    """
    depth = len(feature.value_counts) or len(feature.shape or ())
    return "list of " * depth + feature.type.value.lower() + (", categorical" if feature.categorical else "")


def presence(feature: Feature) -> str:
    """How often the feature must be there."""
    if not feature.required:
        return "optional"
    return "required" if feature.presence >= 1.0 else f"at least {percent(feature.presence)}"


def domain(feature: Feature) -> str:
    """The values it may have."""
    if feature.domain is not None:
        shown = ", ".join(shortened(word, 40) or "(empty)" for word in feature.domain[:_WORDS])
        more = f" and {len(feature.domain) - _WORDS} more" if len(feature.domain) > _WORDS else ""
        mass = (
            f"; at least {percent(feature.min_domain_mass)} of the values" if feature.min_domain_mass < 1 else ""
        )
        return shown + more + mass
    if feature.bool_domain is not None:
        return f"{feature.bool_domain.true_value} or {feature.bool_domain.false_value}"
    if feature.min is not None or feature.max is not None:
        if feature.min is None:
            return f"at most {figure(feature.max)}"
        return (
            f"{figure(feature.min)} to {figure(feature.max)}"
            if feature.max is not None
            else (f"at least {figure(feature.min)}")
        )
    if feature.time is not None:
        return f"written as {feature.time.format}" if getattr(feature.time, "format", None) else "points in time"
    if feature.language is not None:
        return "natural language"
    return "images" if feature.image is not None else ""


def limits(found: DriftLimits) -> str:
    """The limits of drift or skew that are set."""
    fields = getattr(type(found), "__dataclass_fields__", {})
    set_ = {name: getattr(found, name) for name in fields}
    return ", ".join(
        f"{NAMES.get(name, name.replace('_', ' '))} {value:g}" for name, value in set_.items() if value is not None
    )


def lines(feature: Feature, schema: Schema) -> list[tuple[str, str]]:
    """All that is asked, as pairs of a word and a sentence."""
    counts = [
        f"{one.min if one.min is not None else 0} to {one.max if one.max is not None else '∞'}"
        for one in feature.value_counts
    ]
    found = [
        ("type", expected_type(feature)),
        ("presence", presence(feature)),
        ("values per list", ", ".join(counts)),
        ("shape", " \N{MULTIPLICATION SIGN} ".join(map(str, feature.shape or ()))),
        ("values", domain(feature)),
        ("unique values", _between(feature.unique)),
        ("length", _between(feature.length)),
        ("only in", ", ".join(feature.present_in)),
        ("not in", ", ".join(feature.absent_in)),
        ("stage", "" if feature.stage.value == "PRODUCTION" else feature.stage.value.lower()),
        ("drift", limits(schema.drift_limits(feature.name))),
        ("skew", limits(feature.skew)),
        ("protected", "yes" if feature.protected else ""),
        ("meaning", feature.description),
    ]
    return [(name, text) for name, text in found if text]


def _between(range_: object) -> str:
    low, high = getattr(range_, "min", None), getattr(range_, "max", None)
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {figure(low)}"
    return f"at most {figure(high)}" if low is None else f"{figure(low)} to {figure(high)}"
