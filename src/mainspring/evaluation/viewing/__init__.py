"""Seeing evaluations: one offline page of a model or of several side by side, and JSON for machines.

=================== ====================================================================
module              what is in it
=================== ====================================================================
``showing``         :func:`view`, the page of an evaluation and of all that goes with it
``comparing``       :func:`view_comparison`, the page of several models
``contrast``        the tables of that page
``forms``           :func:`evaluation_form`, the content of the page as JSON
``material``        what the page says, as plain values
``gathering``       those values from an evaluation
``figures``         metrics in words; whether a change is for the better
``metrics``         the table of metrics
``slices``          the table of slices
``classes``         confusion matrices and figures of single classes
``thresholds``      what moves with the threshold
``pictures``        curves, calibration, scores and errors
``sections``        parts of the page that tell of fairness, of a search, of an audit and others
``page``            lays the values out with the templates, the style and the script beside it
=================== ====================================================================

A page is complete in itself, fetches nothing, and is a pure function of what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.evaluation.viewing.comparing import view_comparison
    from mainspring.evaluation.viewing.forms import evaluation_form
    from mainspring.evaluation.viewing.showing import view

__all__ = ["evaluation_form", "view", "view_comparison"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "evaluation_form": "forms",
        "view": "showing",
        "view_comparison": "comparing",
    },
)
