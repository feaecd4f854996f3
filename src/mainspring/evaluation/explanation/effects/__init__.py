"""Effects of features on answers, over all rows: partial dependence, single rows' curves, accumulated effects."""

from mainspring.evaluation.explanation.effects.ale import accumulated_local_effects, effects
from mainspring.evaluation.explanation.effects.effect import Effect
from mainspring.evaluation.explanation.effects.partial_dependence import partial_dependence

__all__ = ["Effect", "accumulated_local_effects", "effects", "partial_dependence"]
