"""Declaring assertions with a model, so that they go with it wherever it is evaluated, packaged and served."""

from __future__ import annotations

from dataclasses import replace
from typing import overload

from mainspring.evaluation.assertions import Declared, assertions_of
from mainspring.models.assembly import with_assertions
from mainspring.models.asserting import check
from mainspring.models.model import Model
from mainspring.models.package import Package


@overload
def declare_assertions(model: Model, assertions: Declared) -> Model: ...
@overload
def declare_assertions(model: Package, assertions: Declared) -> Package: ...
def declare_assertions(model: Model | Package, assertions: Declared) -> Model | Package:
    """Say what a model's answers must keep, whatever the model says.

    From then on ``predict`` has them enforced, and so has the server of its package. They are a part of the
    package and of its digest: with another assertion it is another version.

    Args:
        model: A model, which hands them on to its packages, or a package.
        assertions: A file in YAML, or assertions, or the plain values of each. They take the place of those that
            there were; an empty list takes them away.

    Raises:
        InputError: If one cannot be read (with its line), reads a column that the signature has not, could never
            hold, or answers with a class that there is not.

    Example:
        ``declare_assertions(model, "assertions.yaml")``
    """
    found = assertions_of(assertions)
    if isinstance(model, Package):
        return with_assertions(model, found)
    check(found, model.signature())
    return replace(model, assertions=found)
