"""Census income by sex: a gap narrowed, and its price."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.data import Table, Transform, infer, summarize
from mainspring.evaluation import MitigationComparison, compare_mitigations, flip_protected
from mainspring.models.training.fairness import learner

SHARED = Path(__file__).parents[4] / ".." / "shared" / "data" / "adult"


@pytest.fixture(scope="module")
def census() -> tuple[Table, Table, Transform]:
    if not (SHARED / "adult.data.gz").exists():
        pytest.skip("the census data are not here")
    test = Table.read_csv(SHARED / "adult.test.gz", missing=["?"], trim=True)
    table = Table.read_csv(SHARED / "adult.data.gz", header=False, names=test.names, missing=["?"], trim=True)
    schema = infer(summarize(table), label="class")
    return table, test, Transform.fit(table, schema, label="class", exclude=["fnlwgt"])


def compared(census: tuple[Table, Table, Transform], constraint: str, methods: list[str]) -> MitigationComparison:
    table, test, transform = census
    fit = learner(transform, params={"n_estimators": 100, "n_jobs": 1})
    return compare_mitigations(
        fit, table, test, label="class", protected=["sex"], constraint=constraint, methods=methods
    )


@pytest.mark.slow
def test_equal_opportunity_by_sex_costs_next_to_nothing(census: tuple[Table, Table, Transform]) -> None:
    found = compared(census, "equal_opportunity", ["grid", "thresholds"])
    assert 0.06 < found.untouched.gap.value < 0.1
    assert found.untouched.figures["accuracy"].value == pytest.approx(0.873, abs=0.004)
    assert found.outcome("grid").gap.value < found.untouched.gap.value - 0.02
    assert found.outcome("thresholds").gap.value < 0.02
    assert found.recommended == "thresholds"
    assert found.outcome("thresholds").accuracy_change is not None
    assert found.outcome("thresholds").accuracy_change.by == pytest.approx(0, abs=0.003)


@pytest.mark.slow
def test_demographic_parity_by_sex_costs_two_points(census: tuple[Table, Table, Transform]) -> None:
    found = compared(census, "demographic_parity", ["reweigh", "thresholds"])
    assert found.untouched.gap.value == pytest.approx(0.177, abs=0.015)
    assert found.outcome("reweigh").gap.value < 0.12
    best = found.outcome("thresholds")
    assert best.gap.value < 0.035
    assert best.accuracy_change is not None
    assert best.accuracy_change.by == pytest.approx(-0.018, abs=0.006)
    assert found.recommended == "thresholds"


@pytest.mark.slow
def test_few_answers_flip_with_the_sex_alone_and_its_proxies_are_told(
    census: tuple[Table, Table, Transform],
) -> None:
    table, test, transform = census
    model = learner(transform, params={"n_estimators": 50, "n_jobs": 1})(table, None)
    flips = flip_protected(model, test, protected=["sex"], label="class")
    assert 0 < flips.share < 0.05
    assert next(iter(flips.proxies["sex"])) == "relationship"
