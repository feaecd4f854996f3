"""Human review: rows chosen by chance, looked at by people, and told to the feedback log.

:class:`ReviewQueue` is the whole of it: ``fill`` chooses rows as :class:`Sampling` says, ``next`` hands one out,
``answer`` takes what somebody says of it; ``decide`` settles disputes, ``agreement`` says how far people agree.
Figures of reviewed rows are those of all rows once they are weighed by the inverse of the probability of each,
which :class:`~mainspring.monitoring.checks.quality.QualityCheck` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.reviewing.agreeing import Pair, ReviewAgreement, review_agreement
    from mainspring.monitoring.reviewing.items import Answer, Chosen, ItemState, Kind, ReviewItem
    from mainspring.monitoring.reviewing.queue import ReviewQueue, queues
    from mainspring.monitoring.reviewing.sampling import Sampling, choose
    from mainspring.monitoring.reviewing.standing import Filled, ReviewStatus

__all__ = [
    "Answer",
    "Chosen",
    "Filled",
    "ItemState",
    "Kind",
    "Pair",
    "ReviewAgreement",
    "ReviewItem",
    "ReviewQueue",
    "ReviewStatus",
    "Sampling",
    "choose",
    "queues",
    "review_agreement",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Answer": "items",
        "Chosen": "items",
        "Filled": "standing",
        "ItemState": "items",
        "Kind": "items",
        "Pair": "agreeing",
        "ReviewAgreement": "agreeing",
        "ReviewItem": "items",
        "ReviewQueue": "queue",
        "ReviewStatus": "standing",
        "Sampling": "sampling",
        "choose": "sampling",
        "queues": "queue",
        "review_agreement": "agreeing",
    },
)
