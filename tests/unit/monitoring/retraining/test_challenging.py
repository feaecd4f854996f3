from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import predictions_in
from mainspring.monitoring.retraining import challenge


@pytest.fixture(scope="module")
def newest(changing: Table) -> Table:
    return changing.rows(3500, 4000)


def test_a_better_challenger_wins(changing: Table, newest: Table, fit: Any) -> None:
    verdict = challenge(fit(changing.rows(0, 2000)), fit(changing.rows(2500, 3500)), newest, label="y")
    assert verdict.ok
    assert (verdict.gate, verdict.details["metric"]) == ("challenge", "auc")
    assert verdict.details["gain_low"] > 0.5
    assert "the champion" in verdict.reasons[0].message


@pytest.mark.parametrize(("must", "ok"), [("surely_better", False), ("better", False), ("not_worse", True)])
def test_one_that_answers_alike_is_not_better_but_not_worse_either(
    changing: Table, must: str, ok: bool, fit: Any
) -> None:
    model, rows = fit(changing.rows(0, 2000)), changing.rows(2000, 2500)
    verdict = challenge(model, model, rows, label="y", must=must)
    assert verdict.ok is ok
    assert verdict.details["gain"] == 0.0


def test_what_is_better_by_chance_only_is_not_surely_so(fit: Any, world: Any) -> None:
    rows = world(3000)
    models = [fit(rows.rows(0, 400)), fit(rows.rows(0, 500))]
    test = rows.rows(2600, 3000)
    verdicts = {
        (a, must): challenge(models[a], models[1 - a], test, label="y", must=must, metric="accuracy").ok
        for a in (0, 1)
        for must in ("surely_better", "better")
    }
    assert [verdicts[0, "surely_better"], verdicts[1, "surely_better"]] == [False, False]
    assert verdicts[0, "better"] or verdicts[1, "better"]


def test_a_margin_must_be_won_or_may_be_lost(changing: Table, newest: Table, fit: Any) -> None:
    old, new = fit(changing.rows(0, 2000)), fit(changing.rows(2500, 3500))
    assert not challenge(old, new, newest, label="y", margin=0.95).ok
    assert challenge(new, old, newest, label="y", must="not_worse", margin=0.99).ok
    assert not challenge(new, old, newest, label="y", must="not_worse", margin=0.1).ok


def test_a_metric_that_is_better_when_lower(changing: Table, newest: Table, fit: Any) -> None:
    old, new = fit(changing.rows(0, 2000)), fit(changing.rows(2500, 3500))
    assert challenge(old, new, newest, label="y", metric="log_loss").ok
    assert not challenge(new, old, newest, label="y", metric="log_loss", must="better").ok


def test_the_champion_may_be_what_was_answered(changing: Table, newest: Table, fit: Any) -> None:
    old = fit(changing.rows(0, 2000))
    answered = old.predict(newest)
    logged = Table.from_columns(
        {**newest.to_columns(), "output.probability.yes": np.round(answered.scores[:, 1], 6).tolist()}
    )
    champion = predictions_in(logged, scores="output.probability.yes", label="y")
    assert challenge(champion, fit(changing.rows(2500, 3500)), logged, label="y").ok


def test_an_empty_place_is_taken_and_too_few_rows_say_nothing(changing: Table, newest: Table, fit: Any) -> None:
    new = fit(changing)
    assert challenge(None, new, newest, label="y").ok
    few = challenge(new, new, newest.rows(0, 50), label="y")
    assert [one.code for one in few.failures] == ["TOO_FEW_ROWS"]
    with pytest.raises(InputError, match="must is 'nice'"):
        challenge(new, new, newest, label="y", must="nice")
