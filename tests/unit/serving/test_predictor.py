import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import ConflictError, NotFoundError
from mainspring.models.signature import BadInputError
from mainspring.serving.predictor import ModelError, Predictor
from mainspring.serving.repository import Repository

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
YES = 1 / (1 + math.exp(-0.5))


def test_rows_and_columns_give_the_same(predictor: Predictor) -> None:
    by_rows = predictor.from_rows([ROW])
    by_lists = predictor.from_lists({name: [ROW[name]] for name in ("airport", "company", "fare", "hour")})
    for found in (by_rows, by_lists):
        assert found.rows == 1
        assert found.outputs["label"].tolist() == ["yes"]
        assert found.outputs["probabilities"][0, 1] == pytest.approx(YES, abs=1e-15)
        assert found.seconds > 0


def test_plain_values_keep_their_kind(predictor: Predictor) -> None:
    found = predictor.from_rows([ROW, {"fare": None, "hour": None, "company": None, "airport": False}])
    assert found.plain_columns() == {
        "fare": [12.5, None],
        "hour": [3, None],
        "company": ["A", None],
        "airport": [True, False],
    }
    assert [type(value) for value in found.plain_columns()["hour"]] == [int, type(None)]
    outputs = found.plain_outputs()
    assert list(outputs) == ["label", "probability.no", "probability.yes"]
    assert outputs["probability.yes"] == pytest.approx([YES, 0.5])


def test_bad_input_names_everything(predictor: Predictor) -> None:
    with pytest.raises(BadInputError, match="2 problems") as caught:
        predictor.from_rows([{**ROW, "fare": "x", "airport": 1}])
    assert [problem.column for problem in caught.value.problems] == ["fare", "airport"]


def test_a_failing_runtime_is_the_models_fault(predictor: Predictor) -> None:
    with pytest.raises(ModelError, match="RuntimeError: the model exploded"):
        predictor.from_rows([{**ROW, "company": "explode"}])


def test_too_few_answers_are_an_error_and_not_silence(rule: Any) -> None:
    short = Predictor(rule.package(rows=1), name="taxi", version="1")
    short.from_rows([ROW])
    with pytest.raises(ModelError, match=r"output 'probabilities' has shape \[1, 2\]"):
        short.from_rows([ROW, ROW])


def test_no_rows_do_not_reach_the_model(predictor: Predictor) -> None:
    found = predictor.from_rows([])
    assert (found.rows, found.outputs["label"].shape, found.outputs["probabilities"].shape) == (0, (0,), (0, 2))
    assert found.plain_outputs() == {"label": [], "probability.no": [], "probability.yes": []}


def test_warming_up_finds_slow_models_and_broken_ones(rule: Any, predictor: Predictor) -> None:
    predictor.warm(rule.EXAMPLE)
    predictor.warm()
    slow = Predictor(rule.package(sleep=0.01), name="taxi", version="1")
    assert slow.quick
    slow.warm(rule.EXAMPLE)
    assert not slow.quick
    with pytest.raises(BadInputError):
        predictor.warm([{"fare": "x"}])


def test_many_threads_may_ask(predictor: Predictor) -> None:
    def ask(fare: int) -> float:
        row = {"fare": float(fare), "hour": 0, "company": "B", "airport": False}
        return float(predictor.from_rows([row]).outputs["probabilities"][0, 1])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(200)))
    assert found == pytest.approx([1 / (1 + math.exp(-(fare - 10) / 5)) for fare in range(200)])


def test_arrays_of_rows_may_be_missing_everywhere(predictor: Predictor) -> None:
    lists: dict[str, Any] = {
        "fare": np.array([np.nan, 15.0]),
        "hour": [None, 1],
        "company": [None, "Z"],
        "airport": [False, False],
    }
    found = predictor.from_lists(lists)
    assert found.outputs["label"].tolist() == ["no", "yes"]


def test_the_highest_version_answers(rule: Any) -> None:
    versions = ["1.9.0", "1.10.0", "1.2.0", "1.10.0-rc1"]
    models = Repository.of([Predictor(rule.package(), name="taxi", version=version) for version in versions])
    assert models.versions("taxi") == ["1.2.0", "1.9.0", "1.10.0-rc1", "1.10.0"]
    assert models.find("taxi").version == "1.10.0"
    assert models.find("taxi", "1.2.0").version == "1.2.0"
    assert models.names == ["taxi"]
    assert len(list(models)) == 4
    with pytest.raises(NotFoundError, match=r"'2'.*\n.*'1.2.0', '1.9.0'"):
        models.find("taxi", "2")
    with pytest.raises(NotFoundError, match="one of: 'taxi'"):
        models.find("tax")
    with pytest.raises(NotFoundError, match="one of: none"):
        Repository.of([]).find("tax")


def test_a_version_is_served_once(predictor: Predictor) -> None:
    with pytest.raises(ConflictError, match="given twice"):
        Repository.of([predictor, predictor])
