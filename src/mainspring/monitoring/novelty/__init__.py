"""Novelty: rows that look like none of the classes that are known, and the new classes that they may be.

A detector is fitted on rows whose class is known. Of a later row it says which of these classes it looks like, or
that it looks like none. Rows of the second kind wait; when enough of them lie close together they are a *novelty*,
which gets a number and is recognised from then on.

:class:`~mainspring.monitoring.novelty.olindda.OLINDDA` holds spheres around what is usual,
:class:`~mainspring.monitoring.novelty.minas.MINAS` lets its clusters follow the stream, and
:class:`~mainspring.monitoring.novelty.ecsminer.ECSMiner` has several models vote and takes in labels that come
later. :func:`~mainspring.monitoring.novelty.scoring.score_novelty` gives the figures that papers compare them by.
"""

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.novelty.ecsminer import ECSMiner
    from mainspring.monitoring.novelty.minas import MINAS
    from mainspring.monitoring.novelty.olindda import OLINDDA
    from mainspring.monitoring.novelty.ports import NovelCluster, NoveltyDetector, Recognised
    from mainspring.monitoring.novelty.scoring import NoveltyScore, score_novelty

__all__ = [
    "ECSMiner",
    "MINAS",
    "NovelCluster",
    "NoveltyDetector",
    "NoveltyScore",
    "OLINDDA",
    "Recognised",
    "score_novelty",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "ECSMiner": "ecsminer",
        "MINAS": "minas",
        "NovelCluster": "ports",
        "NoveltyDetector": "ports",
        "NoveltyScore": "scoring",
        "OLINDDA": "olindda",
        "Recognised": "ports",
        "score_novelty": "scoring",
    },
)
