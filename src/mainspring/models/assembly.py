"""Puts a package together: the model's files, and everything that describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.card import make_card
from mainspring.models.card_html import to_html
from mainspring.models.card_text import to_markdown
from mainspring.models.files import Files
from mainspring.models.mlmodel import write_mlmodel
from mainspring.models.package import CARD, EXAMPLE, FORMAT, MANIFEST, PAGE, SIGNATURE, Package
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
) -> Package:
    """A package from a proved model.

    Args:
        files: What the runtime reads.
        signature: What the model asks for and answers.
        parity: The proof; it names the runtime.
        libraries: Distributions that the runtime needs; they are pinned as installed here.
        columns: Real rows: the first few are the input example.
        details: How the model was made, for ``package.json`` and the model card.
    """
    pinned = pin({*libraries, "numpy", "mainspring"})
    told = {**details, "environment": describe_environment()}
    examples = _examples(columns, signature)
    card = make_card(signature, parity, pinned, told, examples)
    manifest = {
        "format": FORMAT,
        "runtime": parity.runtime,
        "parity": parity.as_dict(),
        "requirements": list(pinned),
        "details": told,
    }
    described = {
        MANIFEST: _json(manifest),
        SIGNATURE: signature.to_json().encode(),
        EXAMPLE: _json(examples),
        CARD: to_markdown(card).encode(),
        PAGE: to_html(card).encode(),
        **write_mlmodel(files, signature, pinned, told["environment"], examples),
    }
    return Package.from_files(Files({**files.content, **described}))


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
