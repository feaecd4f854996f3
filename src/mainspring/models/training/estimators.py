"""Finds estimators by name, among those that the installed frameworks offer; nothing else is ever imported."""

from __future__ import annotations

from difflib import get_close_matches
from typing import cast

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.plugins import load, offers
from mainspring.models.ports import Trainer

CORE = ("lightgbm", "sklearn")
"""Frameworks that are always there; they are asked first."""

FUNCTION = "function"
"""The framework of functions of one's own."""


def find_estimator(name: str) -> tuple[str, str]:
    """The framework and the full name of an estimator.

    Args:
        name: A full name (``"sklearn.linear_model.LogisticRegression"``), the name of its class alone, or a
            function as ``"module:function"``.

    Returns:
        ``("sklearn", "sklearn.linear_model.LogisticRegression")``.

    Raises:
        InputError: If no framework offers it: with the closest names.
        UnavailableError: If it belongs to a framework that is not installed.
    """
    if ":" in name:
        return FUNCTION, name
    first = name.partition(".")[0]
    frameworks = sorted(offers("trainers"), key=lambda framework: (framework != first, framework not in CORE))
    known: list[str] = []
    for framework in frameworks:
        try:
            offered = trainer(framework).estimators()
        except UnavailableError:
            if framework == first:
                raise
            continue
        for full in offered:
            if name in (full, full.rpartition(".")[2]):
                return framework, full
        known += offered
    short = {full.rpartition(".")[2]: full for full in known}
    close = [short[match] for match in get_close_matches(name.rpartition(".")[2], short, n=3)]
    raise InputError(
        f"there is no estimator {name!r}",
        expected="one of " + ", ".join(close)
        if close
        else "a classifier or regressor of " + ", ".join(frameworks),
        fix="write it as lightgbm.LGBMClassifier or sklearn.linear_model.LogisticRegression",
    )


def trainer(framework: str) -> Trainer:
    """The trainer that a plugin offers for a framework.

    Raises:
        NotFoundError: If none does.
        UnavailableError: If the framework is not installed.
    """
    try:
        return cast("Trainer", load("trainers", framework)())
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing == "mainspring":
            raise
        raise UnavailableError(
            f"{framework} needs {missing}, which is not installed",
            fix=f"pip install 'mainspring[{framework}]'",
        ) from error
