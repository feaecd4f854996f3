"""Assertions of models and packages: how they are kept in files, and checked against a signature."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mainspring.evaluation.assertions import Assertion, check_assertions
from mainspring.models.files import Files
from mainspring.models.signature import Signature

ASSERTIONS = "assertions.json"


def assertions_in(files: Files) -> tuple[Assertion, ...]:
    """The assertions that files declare; none if there is no ``assertions.json``."""
    if ASSERTIONS not in files.content:
        return ()
    return tuple(Assertion.from_dict(one) for one in json.loads(files.text(ASSERTIONS))["assertions"])


def assertion_files(assertions: Sequence[Assertion]) -> dict[str, bytes]:
    """``assertions.json``, or nothing if there are none."""
    if not assertions:
        return {}
    told = {"assertions": [one.as_dict() for one in assertions]}
    return {ASSERTIONS: (json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()}


def check(assertions: Sequence[Assertion], signature: Signature) -> None:
    """See that assertions fit a signature: its columns, their types, and its classes.

    Raises:
        InputError: If one does not.
    """
    texts = [item.name for item in signature.inputs if item.datatype == "BYTES"]
    check_assertions(assertions, signature.names, signature.classes, texts=texts)


def read_by(assertions: Sequence[Assertion], signature: Signature) -> Signature:
    """The signature with those inputs alone that assertions read."""
    names = {name for one in assertions for name in one.condition.names}
    inputs = tuple(item for item in signature.inputs if item.name in names)
    return Signature(inputs, signature.outputs, signature.task, signature.classes)
