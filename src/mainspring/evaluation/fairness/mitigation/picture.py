"""A picture of a comparison: what each mitigation costs, against the gap that it leaves."""

from __future__ import annotations

from mainspring.evaluation.drawing.named import NamedPoint, named_points_chart
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison


def price_picture(comparison: MitigationComparison) -> str:
    """SVG: the cost per row across, the gap with its interval up, and a line at the gap that was wanted.

    Example:
        ``Path("price.svg").write_text(standing_alone(price_picture(comparison)))``
    """
    words = Constraint.of(comparison.constraint).words
    points = [
        NamedPoint(
            name=one.method,
            x=one.cost,
            y=one.gap.value,
            interval=one.gap.interval,
            chosen=one.method == comparison.recommended,
        )
        for one in comparison.outcomes
    ]
    equal = comparison.costs.false_positive == comparison.costs.false_negative == 1
    return named_points_chart(
        points,
        title=f"{words} by {', '.join(comparison.protected)}: what each mitigation costs",
        x="share of errors" if equal else "cost per row",
        y=f"{words} gap",
        level=comparison.at_most,
    )
