"""How the commands of ``mainspring simulate`` are told what to train."""

from __future__ import annotations

import json
from typing import Any

import click

from mainspring.core.errors import InputError

params_option = click.option("--params", metavar="JSON", help="Arguments of the estimator's constructor.")


def read_params(text: str | None) -> dict[str, Any]:
    """The arguments of an estimator's constructor.

    Raises:
        InputError: If the text is no JSON object.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"--params is {text!r}", expected='a JSON object, such as {"n_estimators": 50}')
    return found
