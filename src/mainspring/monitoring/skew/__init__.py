"""Skew: what tells rows that are asked from rows that were learned from, each finding with a code of its own.

===============  ============================================================================================
``codes``        the codes
``conformity``   the schema, in its environment ``SERVING``: columns gone, missing, of another type, out of range
``alterations``  familiar changes since training and since the window before: another unit, a default, sparse
``staleness``    features that stand still: the values of the window before, a clock that stopped, or lags
``answers``      predictions that are all the same
``relations``    inputs that hang together with the prediction otherwise than before
``loops``        answers that come back as inputs, or as truth
===============  ============================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.skew.alterations import changes_since
    from mainspring.monitoring.skew.answers import same_answers
    from mainspring.monitoring.skew.conformity import check_schema
    from mainspring.monitoring.skew.loops import answers_as_inputs, answers_as_truth
    from mainspring.monitoring.skew.material import Material
    from mainspring.monitoring.skew.relations import Relation, relate
    from mainspring.monitoring.skew.staleness import find_stale

_EXPORTS = {
    "Material": "material",
    "Relation": "relations",
    "answers_as_inputs": "loops",
    "answers_as_truth": "loops",
    "changes_since": "alterations",
    "check_schema": "conformity",
    "find_stale": "staleness",
    "relate": "relations",
    "same_answers": "answers",
}

__all__ = [
    "Material",
    "Relation",
    "answers_as_inputs",
    "answers_as_truth",
    "changes_since",
    "check_schema",
    "find_stale",
    "relate",
    "same_answers",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
