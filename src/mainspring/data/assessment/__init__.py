"""Assessment: what a careful person would find in the data before learning from it, and what would repair it.

.. code-block:: python

    from mainspring.data import Table
    from mainspring.data.assessment import assess

    print(assess(Table.read_csv("loans.csv"), label="repaid", protected=["sex"]))
"""

from mainspring.data.assessment.assessing import assess
from mainspring.data.assessment.nouns import Assessment, Finding, FindingKind, Level

__all__ = ["Assessment", "Finding", "FindingKind", "Level", "assess"]
