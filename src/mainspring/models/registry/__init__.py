"""The registry: numbered versions of packages, aliases with their whole history, promotion with signatures,
search, retention, webhooks, and the way back.

It stands on the ports of the store alone, and every change is one transaction of the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.models.registry.comparison import Comparison
    from mainspring.models.registry.decisions import AliasMove, Blessing
    from mainspring.models.registry.facts import Facts
    from mainspring.models.registry.model_version import ModelVersion
    from mainspring.models.registry.names import PRODUCTION
    from mainspring.models.registry.promoting import Promotion
    from mainspring.models.registry.promotion import Decision, Policy, PromotionRefusedError
    from mainspring.models.registry.registry import Registry
    from mainspring.models.registry.remarks import Note
    from mainspring.models.registry.reproductions import Reproduction
    from mainspring.models.registry.retention import Retention
    from mainspring.models.registry.rollouts import RolloutDecision, RolloutLedger
    from mainspring.models.registry.rule import Explanation, SignatureChange

__all__ = [
    "AliasMove",
    "Blessing",
    "Comparison",
    "Decision",
    "Explanation",
    "Facts",
    "ModelVersion",
    "Note",
    "PRODUCTION",
    "Policy",
    "Promotion",
    "PromotionRefusedError",
    "Registry",
    "Reproduction",
    "Retention",
    "RolloutDecision",
    "RolloutLedger",
    "SignatureChange",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "AliasMove": "decisions",
        "Blessing": "decisions",
        "Comparison": "comparison",
        "Decision": "promotion",
        "Explanation": "rule",
        "Facts": "facts",
        "ModelVersion": "model_version",
        "Note": "remarks",
        "PRODUCTION": "names",
        "Policy": "promotion",
        "Promotion": "promoting",
        "PromotionRefusedError": "promotion",
        "Registry": "registry",
        "Reproduction": "reproductions",
        "Retention": "retention",
        "RolloutDecision": "rollouts",
        "RolloutLedger": "rollouts",
        "SignatureChange": "rule",
    },
)
