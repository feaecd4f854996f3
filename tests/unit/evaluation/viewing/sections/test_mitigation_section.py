"""The section of mitigations."""

import math

from mainspring.core import Slice
from mainspring.evaluation import Interval
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.fairness.gaps import Gap
from mainspring.evaluation.fairness.mitigation.outcomes import MitigationComparison, Outcome
from mainspring.evaluation.fairness.mitigation.thresholds import EQUAL_COSTS
from mainspring.evaluation.fairness.mitigation.turns import Change, Turned
from mainspring.evaluation.viewing.sections.mitigation import mitigation_section

FEMALE = Slice.of(sex="Female")


def outcome(method: str, gap: float, accuracy: float, turned: tuple[Turned, ...] = ()) -> Outcome:
    figures = {"accuracy": Figure(value=accuracy, top=accuracy * 100, bottom=100.0, rows=100)}
    changes = {
        "gap_change": Change(before=0.2, after=gap, interval=Interval(-0.2, -0.1)),
        "accuracy_change": Change(before=0.85, after=accuracy),
    }
    found = Gap(name="demographic_parity_difference", protected="sex", value=gap)
    return Outcome(
        method=method, gap=found, figures=figures, cost=math.nan, groups=turned, **(changes if turned else {})
    )


def test_the_gap_stands_beside_its_price() -> None:
    rate = Change(before=0.1, after=0.2)
    turned = Turned(
        group=FEMALE, count=50, to_yes=6, to_no=1, selection_rate=rate, true_positive_rate=rate, accuracy=rate
    )
    section = mitigation_section(
        MitigationComparison(
            label="income", protected=("sex",), constraint="demographic_parity", at_most=0.1, positive="yes",
            costs=EQUAL_COSTS, count=100, recommended="reweigh", recommendation="Take reweigh.",
            outcomes=(outcome("untouched", 0.2, 0.85), outcome("reweigh", 0.05, 0.84, (turned,))),
        )
    )  # fmt: skip
    assert section.lead.endswith("by sex, on 100 rows held out. Take reweigh.")
    models, groups = section.grids
    assert [[entry.text for entry in row][:5] for row in models.rows] == [
        ["untouched", "0.2", "", "0.85", ""],
        ["reweigh", "0.05", "\u22120.15", "0.84", "\u22120.01"],
    ]
    assert (models.rows[1][0].more, models.rows[1][2].tone, models.rows[1][4].tone) == (
        "recommended",
        "better",
        "worse",
    )
    assert models.rows[1][6].text == "sex=Female"
    assert [entry.text for entry in groups.rows[0]][:5] == ["sex=Female", "50", "6", "1", "+0.1"]
    assert len(section.pictures) == 1
