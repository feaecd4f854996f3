"""Assessment: what a careful person would find in the data before learning from it, and what would repair it.

.. code-block:: python

    from mainspring.data import Table
    from mainspring.data.assessment import assess

    print(assess(Table.read_csv("loans.csv"), label="repaid", protected=["sex"]))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.data.assessment.assessing import assess
    from mainspring.data.assessment.nouns import Assessment, Finding, FindingKind, Level

_EXPORTS = {
    "Assessment": "nouns",
    "Finding": "nouns",
    "FindingKind": "nouns",
    "Level": "nouns",
    "assess": "assessing",
}

__all__ = [
    "Assessment",
    "Finding",
    "FindingKind",
    "Level",
    "assess",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
