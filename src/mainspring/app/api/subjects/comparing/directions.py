"""Which way a metric improves, also one that a step logged under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal

from mainspring.evaluation.metrics.directions import fact_of

Direction = Literal["higher", "lower", "neither"]

_WORDS: Final[Mapping[Direction, str]] = {
    "lower": "loss error err cost mse rmse mae mape smape perplexity ppl nll logloss deviance brier ece "
    "regret wer cer latency seconds ms time bytes violations",
    "higher": "accuracy acc score auc auroc auprc f1 precision recall reward r2 iou miou map ndcg mrr "
    "bleu rouge dice gain throughput likelihood specificity sensitivity",
}
_DIRECTIONS: Final[Mapping[str, Direction]] = {
    word: way for way, words in _WORDS.items() for word in words.split()
}


@lru_cache(2000)
def direction(metric: str) -> Direction:
    """Which way a metric improves; ``neither`` for one whose name says nothing.

    Example:
        >>> direction("log_loss"), direction("validation loss"), direction("train.auc"), direction("learning rate")
        ('lower', 'lower', 'higher', 'neither')
    """
    fact = fact_of(metric) or fact_of(metric.rpartition(".")[2])
    if fact is not None:
        return fact.better.value
    words = [word for word in re.split(r"[^a-z0-9]+", metric.lower()) if word]
    return next((_DIRECTIONS[word] for word in reversed(words) if word in _DIRECTIONS), "neither")
