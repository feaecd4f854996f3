"""Random choices that belong to a row: the same row gets the same explanation, whatever came before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def generator_of(row: Mapping[str, Any], seed: int = 0) -> np.random.Generator:
    """The generator of one row.

    Args:
        row: Column to cell: numbers (NaN or ``None`` for missing), truth values or text.
        seed: Changes the choices of all rows at once.

    Example:
        >>> float(generator_of({"fare": 12.5}).random()) == float(generator_of({"fare": 12.5}).random())
        True
    """
    plain = {name: None if value != value else value for name, value in row.items()}
    text = json.dumps([seed, plain], sort_keys=True, ensure_ascii=False, default=str)
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
