"""Repairs: every step named exists, takes the parameters, and repairs what was found."""

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.app import steps as standard
from mainspring.data import Examples, Feature, Schema, Table
from mainspring.data import steps as data_steps
from mainspring.data.assessment import Assessment, FindingKind, assess
from mainspring.evaluation import steps as evaluation_steps

ROWS = 2_000


@pytest.fixture(scope="module")
def table() -> Table:
    """A table with everything wrong that has a repair."""
    random = np.random.default_rng(0)
    sex = random.choice(["f", "m"], ROWS, p=[0.3, 0.7])
    region = random.choice(["north", "south", "isle"], ROWS, p=[0.5, 0.47, 0.03])
    repaid = random.random(ROWS) < np.where(sex == "f", 0.02, 0.07)
    amount = random.uniform(1, 50, ROWS)
    late = np.where((sex == "f") & (random.random(ROWS) < 0.5), np.nan, random.uniform(0, 9, ROWS))
    columns = {
        "loan": [f"L{number:05}" for number in range(ROWS)],
        "sex": sex.tolist(),
        "ethnic_region": region.tolist(),
        "title": np.where(sex == "f", "Ms", "Mr").tolist(),
        "amount": amount.tolist(),
        "euros": amount.tolist(),
        "cents": (amount * 100 + random.normal(0, 30, ROWS)).tolist(),
        "currency": ["EUR"] * ROWS,
        "remark": [None] * ROWS,
        "days_late": [None if value != value else value for value in late.tolist()],
        "collected": [None if one else "yes" for one in repaid],
        "repaid": [None if place % 97 == 0 else "yes" if one else "no" for place, one in enumerate(repaid)],
    }
    types = {"remark": "STRING", "collected": "STRING"}
    return Table.from_columns(columns, types)


@pytest.fixture(scope="module")
def found(table: Table) -> Assessment:
    return assess(table, label="repaid", protected=["sex"], reference={"sex": {"f": 0.5, "m": 0.5}})


def steps_of(found: Assessment, kind: FindingKind) -> list[dict[str, Any]]:
    return [dict(step) for finding in found.of(kind) for step in finding.steps]


def test_every_step_exists_and_takes_its_parameters(found: Assessment) -> None:
    steps = [dict(step) for finding in found.findings for step in finding.steps]
    assert {step["step"] for step in steps} == {
        *("transform", "ingest", "reduce", "train", "train_fairly", "augment", "reweigh")
    }
    for step in steps:
        function = getattr(standard, step.pop("step"))
        known = inspect.signature(inspect.unwrap(getattr(function, "function", function))).parameters
        assert set(step) <= set(known)


def test_only_what_takes_a_person_has_no_step(found: Assessment) -> None:
    kinds = {finding.kind for finding in found.findings if not finding.steps}
    assert kinds <= {FindingKind.CONFLICTING_LABELS}
    assert len({finding.kind for finding in found.findings}) >= 12


def test_columns_to_leave_out_are_named(found: Assessment) -> None:
    assert steps_of(found, FindingKind.IDENTIFIER) == [{"step": "transform", "exclude": ["loan"]}]
    assert steps_of(found, FindingKind.DUPLICATE_COLUMNS) == [{"step": "transform", "exclude": ["euros"]}]
    assert steps_of(found, FindingKind.CORRELATED_FEATURES)[0] == {"step": "transform", "exclude": ["cents"]}
    assert steps_of(found, FindingKind.EMPTY_COLUMN) == [{"step": "transform", "exclude": ["remark"]}]
    proxies = steps_of(found, FindingKind.PROXY)
    assert proxies[0] == {"step": "transform", "exclude": ["sex", "title"]}


def test_a_transform_with_what_is_left_out_does_not_see_it(table: Table, found: Assessment) -> None:
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    examples = Examples(splits={"train": table.where("repaid IS NOT NULL")})
    for step in steps_of(found, FindingKind.IDENTIFIER):
        step.pop("step")
        fitted = data_steps.transform(examples, Schema(features=features, label="repaid"), **step)
        assert "loan" not in {name for names in fitted.sources.values() for name in names}


def test_copies_make_the_data_representative(table: Table, found: Assessment) -> None:
    (step,) = steps_of(found, FindingKind.NOT_REPRESENTATIVE)
    assert step.pop("step") == "augment"
    more = data_steps.augment(Examples(splits={"train": table}), **step).split("train")
    again = assess(more, reference={"sex": {"f": 0.5, "m": 0.5}})
    assert again.of(FindingKind.NOT_REPRESENTATIVE) == ()


def test_too_few_rows_are_not_copied() -> None:
    few = Table.from_columns({"sex": ["f"] * 10 + ["m"] * 990})
    (off,) = assess(few, reference={"sex": {"f": 0.5, "m": 0.5}}).of(FindingKind.NOT_REPRESENTATIVE)
    assert off.steps == ()
    none = Table.from_columns({"sex": ["m"] * 1000})
    (off,) = assess(none, reference={"sex": {"f": 0.5, "m": 0.5}}).of(FindingKind.NOT_REPRESENTATIVE)
    assert off.steps == ()


def test_copies_even_out_classes_and_groups(table: Table, found: Assessment) -> None:
    labelled = Examples(splits={"train": table.where("repaid IS NOT NULL")})
    (step,) = (one for one in steps_of(found, FindingKind.CLASS_IMBALANCE) if one.pop("step") == "augment")
    more = data_steps.augment(labelled, **step).split("train")
    assert assess(more, label="repaid").of(FindingKind.CLASS_IMBALANCE) == ()
    (step,) = steps_of(found, FindingKind.GROUP_IMBALANCE)
    assert step.pop("step") == "augment"
    more = data_steps.augment(labelled, **step).split("train")
    assert assess(more).of(FindingKind.GROUP_IMBALANCE) == ()


def test_weights_make_group_and_label_independent(table: Table, found: Assessment) -> None:
    step = next(one for one in steps_of(found, FindingKind.UNEQUAL_RATES) if one["step"] == "reweigh")
    assert step.pop("step") == "reweigh"
    weighed = evaluation_steps.reweigh(
        Examples(splits={"train": table.where("repaid IS NOT NULL")}), **step
    ).split("train")
    weight = weighed.column("fair_weight")
    sex, yes = weighed.column("sex"), weighed.column("repaid") == "yes"
    rates = [weight[(sex == one) & yes].sum() / weight[sex == one].sum() for one in ("f", "m")]
    assert rates[0] == pytest.approx(rates[1])


def test_steps_come_back_from_json_and_are_told(found: Assessment, tmp_path: Path) -> None:
    found.save(tmp_path)
    assert Assessment.load(tmp_path) == found
    told = json.loads((tmp_path / "assessment.json").read_text())["findings"]
    assert all("steps" in one for one in told)
    identifier = found.of(FindingKind.IDENTIFIER)[0]
    assert identifier.calls == ("transform(exclude=['loan'])",)
    assert "by step    transform(exclude=['loan'])" in str(identifier)


def test_assessments_without_steps_can_still_be_read(found: Assessment, tmp_path: Path) -> None:
    plain = found.as_dict()
    for one in plain["findings"]:
        del one["steps"]
    (tmp_path / "assessment.json").write_text(json.dumps(plain))
    assert {one.steps for one in Assessment.load(tmp_path).findings} == {()}
