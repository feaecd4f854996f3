"""Streaming detectors by the names that monitoring files call them by."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from collections.abc import Mapping
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.monitoring.ports import Detector

STREAMING: Final[Mapping[str, str]] = {
    "adwin": "ADWIN",
    "cusum": "CUSUM",
    "ddm": "DDM",
    "ecdd": "ECDD",
    "eddm": "EDDM",
    "fhddm": "FHDDM",
    "hddm_a": "HDDMA",
    "hddm_w": "HDDMW",
    "kswin": "KSWIN",
    "linear_four_rates": "LinearFourRates",
    "page_hinkley": "PageHinkley",
    "rddm": "RDDM",
    "stepd": "STEPD",
}
"""Name of a streaming detector, which is that of its module, to its class."""

_MEMORY: Final = ("items", "counts", "errors")
"""What the memory of a detector begins with, behind its settings."""


def streaming_detector(name: str) -> type[Any]:
    """The class of a streaming detector.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in STREAMING:
        near = difflib.get_close_matches(name, STREAMING, n=1)
        raise InputError(
            f"there is no streaming detector {name!r}",
            expected="one of " + ", ".join(STREAMING),
            fix=f"did you mean {near[0]}?" if near else None,
        )
    kind: type[Any] = getattr(importlib.import_module(f"mainspring.monitoring.detectors.{name}"), STREAMING[name])
    return kind


def make_detector(name: str, settings: Mapping[str, Any]) -> Detector:
    """A streaming detector with some settings.

    Raises:
        InputError: If there is none of that name, it has no such setting, or a setting makes no sense.

    Example:
        >>> make_detector("ddm", {"min_items": 50}).min_items
        50
    """
    kind = streaming_detector(name)
    known = settings_of(name)
    wrong = [one for one in settings if one not in known]
    if wrong:
        raise InputError(
            f"{name} has no setting {', '.join(map(repr, wrong))}", expected="some of " + ", ".join(known)
        )
    try:
        made: Detector = kind(**settings)
    except TypeError as error:
        raise InputError(f"the settings of {name} do not fit: {error}", expected="numbers and words") from error
    return made


def settings_of(name: str) -> tuple[str, ...]:
    """The settings of a streaming detector: its fields up to where its memory begins.

    Raises:
        InputError: If there is none of that name.
    """
    kind = streaming_detector(name)
    names = [one.name for one in dataclasses.fields(kind)]
    begin = min(names.index(one) for one in _MEMORY if one in names)
    return tuple(names[:begin])
