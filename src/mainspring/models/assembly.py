"""Puts a package together: the model's files, and everything that describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.assertions import Assertion
from mainspring.models.asserting import ASSERTIONS, assertion_files, check
from mainspring.models.card import make_card
from mainspring.models.card_html import to_html
from mainspring.models.card_text import to_markdown
from mainspring.models.files import Files
from mainspring.models.mlmodel import write_mlmodel
from mainspring.models.package import (
    CARD,
    EXAMPLE,
    FORMAT,
    MANIFEST,
    PAGE,
    PLAIN_FORMAT,
    SIGNATURE,
    Package,
)
from mainspring.models.parity import Parity
from mainspring.models.requirements import describe_environment, pin
from mainspring.models.signature import Signature

EXAMPLE_ROWS = 3
"""How many rows an input example has."""


def assemble(
    files: Files,
    signature: Signature,
    parity: Parity,
    *,
    libraries: Sequence[str],
    columns: Mapping[str, npt.NDArray[Any]],
    details: Mapping[str, Any],
    assertions: Sequence[Assertion] = (),
) -> Package:
    """A package from a proved model.

    Args:
        files: What the runtime reads.
        signature: What the model asks for and answers.
        parity: The proof; it names the runtime.
        libraries: Distributions that the runtime needs; they are pinned as installed here.
        columns: Real rows: the first few are the input example.
        details: How the model was made, for ``package.json`` and the model card.
        assertions: What its answers must keep.

    Raises:
        InputError: If an assertion does not fit the signature.
    """
    check(assertions, signature)
    pinned = pin({*libraries, "numpy", "mainspring"})
    told = {**details, "environment": describe_environment()}
    examples = _examples(columns, signature)
    described = {
        SIGNATURE: signature.to_json().encode(),
        EXAMPLE: _json(examples),
        **_told(signature, parity, pinned, told, examples, assertions),
        **write_mlmodel(files, signature, pinned, told["environment"], examples),
    }
    return Package.from_files(Files({**files.content, **described}))


def with_assertions(package: Package, assertions: Sequence[Assertion]) -> Package:
    """The package with these assertions instead of those that it had: another one by its digest.

    Raises:
        InputError: If one does not fit its signature.
    """
    if tuple(assertions) == package.assertions:
        return package
    check(assertions, package.signature)
    kept = {name: found for name, found in package.files.content.items() if name != ASSERTIONS}
    described = _told(
        package.signature,
        package.parity,
        package.requirements,
        package.details,
        package.input_example,
        assertions,
    )
    return type(package).from_files(Files({**kept, **described}))


def _told(
    signature: Signature,
    parity: Parity,
    pinned: Sequence[str],
    details: Mapping[str, Any],
    examples: Sequence[Mapping[str, Any]],
    assertions: Sequence[Assertion],
) -> dict[str, bytes]:
    """The files that tell of assertions: their own, the manifest and the card."""
    card = make_card(signature, parity, pinned, details, examples, assertions)
    manifest = {
        "format": FORMAT if assertions else PLAIN_FORMAT,
        "runtime": parity.runtime,
        "parity": parity.as_dict(),
        "requirements": list(pinned),
        "details": details,
    }
    return {
        MANIFEST: _json(manifest),
        CARD: to_markdown(card).encode(),
        PAGE: to_html(card).encode(),
        **assertion_files(assertions),
    }


def _examples(columns: Mapping[str, npt.NDArray[Any]], signature: Signature) -> list[dict[str, Any]]:
    """Real rows as a caller would send them."""
    rows = min(EXAMPLE_ROWS, len(next(iter(columns.values()))))
    return [
        {field.name: _sent(columns[field.name][row], field.datatype) for field in signature.inputs}
        for row in range(rows)
    ]


def _sent(value: Any, datatype: str) -> Any:
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    if not np.isfinite(number):
        return None
    return bool(number) if datatype == "BOOL" else int(number) if datatype == "INT64" else number


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
