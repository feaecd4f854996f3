"""Notions of fairness between groups: which figures they compare, how, and where they were defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mainspring.evaluation.metrics.facts import Better, Fact, Facts


class Comparison(StrEnum):
    """How the figures of groups become one number."""

    DIFFERENCE = "difference"
    """The largest figure minus the smallest; of several figures the larger difference. 0 is equal."""
    RATIO = "ratio"
    """The smallest figure over the largest; of several figures the smaller ratio. 1 is equal."""
    SIGNED_DIFFERENCE = "signed difference"
    """A group's figure minus the privileged group's, the mean over several figures. 0 is equal."""
    SIGNED_RATIO = "signed ratio"
    """A group's figure over the privileged group's. 1 is equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notion:
    """One notion.

    Attributes:
        figures: What is compared, by the names of the figures of a group.
        how: How.
        fact: What is known of it besides.
        reference: Where it was defined.
    """

    figures: tuple[str, ...]
    how: Comparison
    fact: Fact
    reference: str

    @property
    def signed(self) -> bool:
        """Whether it needs a privileged group."""
        return self.how in (Comparison.SIGNED_DIFFERENCE, Comparison.SIGNED_RATIO)


_PARITY = "C. Dwork et al., Fairness through awareness, ITCS 2012"
_FOUR_FIFTHS = "Uniform guidelines on employee selection procedures, 29 CFR 1607.4 D (1978): the four-fifths rule"
_OPPORTUNITY = "M. Hardt, E. Price and N. Srebro, Equality of opportunity in supervised learning, NIPS 2016"
_PREDICTIVE = "A. Chouldechova, Fair prediction with disparate impact, Big Data 5 (2017)"
_COST = "S. Corbett-Davies et al., Algorithmic decision making and the cost of fairness, KDD 2017"
_TREATMENT = "R. Berk et al., Fairness in criminal justice risk assessments, SMR 50 (2021)"
_WITHIN = (
    "J. Kleinberg, S. Mullainathan and M. Raghavan, Inherent trade-offs in the fair determination of risk scores, "
    "ITCS 2017"
)
_AREAS = "D. Borkan et al., Nuanced metrics for measuring unintended bias, WWW 2019"
_IMPACT = "M. Feldman et al., Certifying and removing disparate impact, KDD 2015"
_SIGNED = "R. K. E. Bellamy et al., AI Fairness 360, IBM Journal of Research and Development 63 (2019)"
_VALUES = "A. Agarwal, M. Dudík and Z. S. Wu, Fair regression, ICML 2019"


def _gap(figures: str, title: str, says: str, reference: str) -> Notion:
    fact = Fact(better=Better.LOWER, title=title, says=says)
    return Notion(figures=tuple(figures.split()), how=Comparison.DIFFERENCE, fact=fact, reference=reference)


def _ratio(figures: str, title: str, says: str, reference: str) -> Notion:
    fact = Fact(better=Better.HIGHER, title=title, says=says, unit=True)
    return Notion(figures=tuple(figures.split()), how=Comparison.RATIO, fact=fact, reference=reference)


def _signed(figures: str, title: str, says: str, reference: str, how: Comparison) -> Notion:
    fact = Fact(better=Better.NEITHER, title=title, says=says)
    return Notion(figures=tuple(figures.split()), how=how, fact=fact, reference=reference)


_TPR, _FPR, _PPV = "true_positive_rate", "false_positive_rate", "positive_predictive_value"

NOTIONS: Mapping[str, Notion] = {
    "demographic_parity_difference": _gap(
        "selection_rate", "demographic parity difference", "how far selection rates lie apart", _PARITY
    ),
    "demographic_parity_ratio": _ratio(
        "selection_rate", "demographic parity ratio", "the lowest selection rate over the highest", _FOUR_FIFTHS
    ),
    "equal_opportunity_difference": _gap(
        _TPR, "equal opportunity difference", "how far the shares of positives found lie apart", _OPPORTUNITY
    ),
    "equal_opportunity_ratio": _ratio(
        _TPR, "equal opportunity ratio", "the lowest share of positives found over the highest", _OPPORTUNITY
    ),
    "equalized_odds_difference": _gap(
        f"{_TPR} {_FPR}", "equalised odds difference", "the larger gap of TPR and of FPR", _OPPORTUNITY
    ),
    "equalized_odds_ratio": _ratio(
        f"{_TPR} {_FPR}", "equalised odds ratio", "the smaller ratio of TPR and of FPR", _OPPORTUNITY
    ),
    "predictive_equality_difference": _gap(
        _FPR, "predictive equality difference", "how far the shares of negatives selected lie apart", _COST
    ),
    "predictive_parity_difference": _gap(
        _PPV, "predictive parity difference", "how far the shares of right selections lie apart", _PREDICTIVE
    ),
    "predictive_parity_ratio": _ratio(
        _PPV, "predictive parity ratio", "the lowest share of right selections over the highest", _PREDICTIVE
    ),
    "accuracy_difference": _gap("accuracy", "accuracy difference", "how far accuracies lie apart", _TREATMENT),
    "calibration_gap": _gap(
        "calibration_bias", "calibration gap", "how far mean probability minus base rate lies apart", _WITHIN
    ),
    "calibration_error_difference": _gap(
        "calibration_error", "calibration error difference", "how far calibration errors lie apart", _WITHIN
    ),
    "auc_difference": _gap("auc", "AUC difference", "how far areas within groups lie apart", _AREAS),
    "brier_difference": _gap("brier", "Brier difference", "how far Brier scores lie apart", _TREATMENT),
    "mean_prediction_difference": _gap(
        "mean_prediction", "mean prediction difference", "how far mean predictions lie apart", _VALUES
    ),
    "mean_error_difference": _gap("mean_error", "mean error difference", "how far mean errors lie apart", _VALUES),
    "mae_difference": _gap("mae", "MAE difference", "how far mean absolute errors lie apart", _VALUES),
    "statistical_parity_difference": _signed(
        "selection_rate",
        "statistical parity difference",
        "a group's selection rate minus the privileged group's",
        _SIGNED,
        Comparison.SIGNED_DIFFERENCE,
    ),
    "disparate_impact": _signed(
        "selection_rate",
        "disparate impact",
        "a group's selection rate over the privileged group's",
        _IMPACT,
        Comparison.SIGNED_RATIO,
    ),
    "true_positive_rate_difference": _signed(
        _TPR,
        "signed equal opportunity difference",
        "a group's TPR minus the privileged group's (AIF360: equal opportunity difference)",
        _SIGNED,
        Comparison.SIGNED_DIFFERENCE,
    ),
    "average_odds_difference": _signed(
        f"{_TPR} {_FPR}",
        "average odds difference",
        "the mean of a group's TPR and FPR minus the privileged group's",
        _SIGNED,
        Comparison.SIGNED_DIFFERENCE,
    ),
}
"""Name to notion. Of several classes each has its own: ``equal_opportunity_difference[cat]``."""

FACTS: Facts = {name: notion.fact for name, notion in NOTIONS.items()}
