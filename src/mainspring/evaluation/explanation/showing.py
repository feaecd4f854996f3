"""How explanations show themselves in a notebook, without drawing being imported before something is shown."""

from __future__ import annotations

import importlib


def shown(noun: object) -> str:
    """The explanation as a picture, as HTML."""
    plots = importlib.import_module("mainspring.evaluation.explanation.plots")
    drawn: str = plots.in_notebook(noun)
    return drawn
