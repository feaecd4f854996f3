"""Models that fall over are told from those that refuse."""

from typing import Any

import numpy as np
import pytest

from mainspring.core import InputError, plugins
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.robustness.fuzzing import Fuzzing, fuzz_model

TABLE = Table.from_columns(
    {
        "age": [20.0, 30.0, 40.0, 50.0],
        "children": [0, 1, 2, 3],
        "job": ["smith", "baker", None, "cook"],
        "member": [True, False, True, None],
        "label": ["no", "yes", "no", "yes"],
    }
)


class Careful:
    """Refuses what it cannot answer, and sees no sense in far away numbers."""

    def predict(self, table: Table) -> Predictions:
        missing = [name for name in ("age", "children", "job", "member") if name not in table.names]
        if missing:
            raise InputError(f"no column {missing[0]!r}")
        if table.column("age").dtype == object or table.column("children").dtype == object:
            raise InputError("words for numbers")
        sums = np.clip(np.nan_to_num(table.column("age")), -100, 100) / 50
        yes = 1 / (1 + np.exp(1 - sums))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


class Careless(Careful):
    """Computes on."""

    def predict(self, table: Table) -> Predictions:
        age = table.column("age") + 0.0
        yes = 1 / (1 + np.exp(1 - age / 50))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


class Centred(Careful):
    """Looks at the whole table to answer one row."""

    def predict(self, table: Table) -> Predictions:
        age = np.clip(np.nan_to_num(super().predict(table).scores[:, 1]), 0, 1)
        yes = np.clip(age - age.mean() + 0.5, 0, 1) if len(age) else age
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def test_one_that_refuses_has_no_failures() -> None:
    found = fuzz_model(Careful(), TABLE, label="label")
    assert found.failures == ()
    assert found.refused >= 5
    assert found.answered > 60
    assert found.judge().ok


def test_one_that_computes_on_is_caught() -> None:
    found = fuzz_model(Careless(), TABLE, label="label", combinations=5)
    kinds = {one.sent: one.kind for one in found.failures}
    assert kinds["age: not a number"] == "silent"
    assert kinds["age: words for numbers"] == "crashed"
    assert "age: the largest number" not in kinds
    codes = {reason.code for reason in found.judge().failures}
    assert codes == {"NOT_A_NUMBER", "CRASHED"}


def test_one_that_mixes_rows_is_caught() -> None:
    found = fuzz_model(Centred(), TABLE, label="label", combinations=0)
    assert {one.kind for one in found.failures} == {"swayed"}
    assert any(one.sent.startswith("age: ") for one in found.failures)


def test_the_same_seed_sends_the_same() -> None:
    first, second = (fuzz_model(Careless(), TABLE, label="label", combinations=20, seed=3) for _ in range(2))
    assert first == second


def test_it_is_kept(tmp_path: Any) -> None:
    found = fuzz_model(Careless(), TABLE, label="label", combinations=2)
    found.save(tmp_path)
    assert Fuzzing.load(tmp_path) == found
    assert plugins.load("artifact_types", Fuzzing.ARTIFACT_TYPE) is Fuzzing
    assert "silent at age: not a number" in str(found)


def test_a_start_is_needed() -> None:
    with pytest.raises(InputError, match="1 rows to start from"):
        fuzz_model(Careful(), TABLE.rows(0, 1))
