import json
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.monitoring.checks.watched import codes, failed, reference, run, seen

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.monitoring.checks.concept import ConceptCheck
from mainspring.monitoring.checks.drift import DriftCheck


def classified(
    seed: int,
    count: int,
    *,
    flipped: str | None = None,
    share: float = 0.4,
    scores: bool = True,
    known: float = 1.0,
) -> Table:
    """Rows of people; the labels of one sex may be turned round. The model knows the rule that was."""
    random = np.random.default_rng(seed)
    sex = np.where(random.random(count) < 0.4, "Female", "Male").astype(object)
    age = random.normal(40, 10, count)
    role = np.where(random.random(count) < 0.5, "Single", np.where(sex == "Female", "Wife", "Husband")).astype(
        object
    )
    chance = 1 / (1 + np.exp(-(age - 40) / 5 - 0.5 * (sex == "Male")))
    truth = random.random(count) < chance
    truth = np.where(sex == flipped, ~truth, truth)
    labels = np.where(truth, "yes", "no").astype(object)
    labels[random.random(count) >= known] = None
    columns = {
        "sex": sex,
        "age": age,
        "role": role,
        "output.label": np.where(chance > 0.5, "yes", "no").astype(object),
    }
    if scores:
        columns |= {"output.probability.no": 1 - chance, "output.probability.yes": chance}
    return Table.from_columns({**columns, "feedback.truth": labels})


def measured(seed: int, count: int, *, moved: float = 0.0, wider: float = 1.0) -> Table:
    """A regression; the truth of one town may have moved, or all of it have become noisier."""
    random = np.random.default_rng(seed)
    town = random.choice(["north", "south", "east", "west"], size=count).astype(object)
    size = random.uniform(0, 10, count)
    truth = 3 * size + wider * random.normal(size=count) + moved * (town == "west")
    return Table.from_columns({"town": town, "size": size, "output.prediction": 3 * size, "feedback.truth": truth})


KNOWN = reference(classified(0, 10_000), rows=classified(1, 5_000))
HOUSES = reference(measured(0, 10_000), rows=measured(1, 5_000))


@pytest.mark.parametrize("scores", [True, False])
def test_labels_that_flip_for_one_slice_are_found_and_named_without_any_drift_of_inputs(scores: bool) -> None:
    known = reference(classified(0, 10_000), rows=classified(1, 5_000, scores=scores))
    window = seen(classified(2, 500, flipped="Female", scores=scores), known, slices=("sex",))
    judged = ConceptCheck().judge(window, {})
    assert DriftCheck(slices=True).judge(window, {}).verdict.ok
    first = judged.verdict.failures[0]
    assert (first.subject, first.code) == ("error_rate | sex=Female", "CONCEPT_DRIFT")
    assert first.observed == pytest.approx(0.78, abs=0.06)
    # The wives are worse too, but only because they are women; nobody else is named.
    assert codes(judged)["error_rate | role=Wife"] == "EXPLAINED"
    slices = [name for name in failed(judged) if name is not None and "|" in name]
    assert slices == ["error_rate | sex=Female"]
    table = window.window.table
    assert {table.column("sex")[place] for place in judged.rows} == {"Female"}
    assert all(table.column("output.label")[row] != table.column("feedback.truth")[row] for row in judged.rows)
    figure = judged.figures["error_rate|sex=Female"]
    assert figure.most is not None
    assert figure.low is not None
    assert figure.low > figure.most


def test_steady_rules_do_not_alarm_over_many_windows() -> None:
    windows = [seen(classified(hour + 10, 250), KNOWN, hour=hour) for hour in range(20)]
    found = run(ConceptCheck(), windows)
    assert all(one.verdict.ok for one in found)
    assert codes(found[0])["error_rate"] == "NO_CONCEPT_DRIFT"
    assert any("slices have about as many errors" in reason.message for reason in found[0].verdict.reasons)


def test_more_rows_of_a_hard_slice_are_no_concept_drift() -> None:
    random = np.random.default_rng(0)

    def rows(hard: float, count: int) -> Table:
        kind = np.where(random.random(count) < hard, "hard", "easy").astype(object)
        wrong = random.random(count) < np.where(kind == "hard", 0.45, 0.05)
        return Table.from_columns(
            {
                "kind": kind,
                "output.label": ["a"] * count,
                "feedback.truth": np.where(wrong, "b", "a").astype(object),
            }
        )

    known = reference(rows(0.2, 5_000), rows=rows(0.2, 5_000))
    judged = ConceptCheck().judge(seen(rows(0.8, 1_000), known), {})
    assert judged.verdict.ok
    [reason] = [one for one in judged.verdict.reasons if one.subject == "error_rate"]
    assert reason.code == "EXPLAINED"
    assert "'kind'" in reason.message


def test_a_small_change_shows_in_several_windows_together() -> None:
    def rows(seed: int, wrong: float) -> Table:
        random = np.random.default_rng(seed)
        truth = np.where(random.random(150) < wrong, "b", "a").astype(object)
        return Table.from_columns({"output.label": ["a"] * 150, "feedback.truth": truth})

    old = Table.from_columns({"output.label": ["a"] * 5_000, "feedback.truth": ["b"] * 500 + ["a"] * 4_500})
    known = reference(old, rows=old)
    windows = [seen(rows(hour, 0.2), known, hour=hour) for hour in range(12)]
    together, alone = run(ConceptCheck(), windows), run(ConceptCheck(together=(1,)), windows)
    assert sum(not one.verdict.ok for one in together) > sum(not one.verdict.ok for one in alone)
    assert any("over the last" in reason.message for one in together for reason in one.verdict.failures)


def test_the_town_whose_prices_moved_is_named() -> None:
    judged = ConceptCheck().judge(seen(measured(2, 800, moved=2.0), HOUSES), {})
    slices = {name.partition(" | ")[2] for name in failed(judged) if name is not None and "|" in name}
    assert slices == {"town=west"}
    assert "residual" in failed(judged)
    assert ConceptCheck().judge(seen(measured(3, 800), HOUSES), {}).verdict.ok


def test_noise_that_grows_everywhere_is_seen_although_the_mean_stays() -> None:
    judged = ConceptCheck().judge(seen(measured(4, 800, wider=2.0), HOUSES), {})
    assert "large_errors" in failed(judged)
    assert "too_low" not in failed(judged)


def test_losses_are_watched_where_the_share_of_errors_stays() -> None:
    def rows(seed: int, sure: float) -> Table:
        random = np.random.default_rng(seed)
        right = random.random(1_000) < 0.8
        score = np.where(random.random(1_000) < 0.5, sure, 1 - sure)
        said = np.where(score > 0.5, "yes", "no")
        truth = np.where(right, said, np.where(said == "yes", "no", "yes")).astype(object)
        return Table.from_columns(
            {"output.probability.no": 1 - score, "output.probability.yes": score, "feedback.truth": truth}
        )

    known = reference(rows(0, 0.8), rows=rows(1, 0.8))
    assert failed(ConceptCheck().judge(seen(rows(2, 0.999), known), {})) == ["log_loss"]


def test_rows_without_truth_do_not_count() -> None:
    judged = ConceptCheck().judge(seen(classified(5, 600, flipped="Male", known=0.5), KNOWN), {})
    assert 250 < judged.verdict.details["rows"] < 350
    assert "error_rate | sex=Male" in failed(judged)


def test_what_cannot_be_told_is_said() -> None:
    check, memory = ConceptCheck(), {"kept": 1}
    told = check.judge(seen(classified(1, 100).drop(["feedback.truth"]), KNOWN), memory)
    assert codes(told) == {None: "NO_LABELS"}
    assert told.memory == memory
    assert codes(check.judge(seen(classified(1, 100, known=0.0), KNOWN), {})) == {None: "NO_LABELS"}
    assert codes(check.judge(seen(classified(1, 0), KNOWN), {})) == {None: "NO_LABELS"}
    assert codes(check.judge(seen(classified(1, 100), reference(classified(0, 100))), {})) == {
        None: "NO_REFERENCE_ROWS"
    }
    few = check.judge(seen(classified(1, 12), KNOWN), {})
    assert few.verdict.ok
    assert codes(few)["error_rate"] == "TOO_FEW_ROWS"
    silent = seen(classified(1, 100).select(["sex", "feedback.truth"]), KNOWN)
    assert codes(check.judge(silent, {})) == {None: "NOT_JUDGED"}


def test_columns_can_be_chosen_and_left_out() -> None:
    window = seen(classified(2, 500, flipped="Female"), KNOWN)
    assert "error_rate | sex=Female" not in failed(ConceptCheck(exclude=("sex",)).judge(window, {}))
    only = ConceptCheck(columns=("role",)).judge(window, {})
    assert "error_rate | role=Wife" in failed(only)
    assert not any("age" in (reason.subject or "") for reason in only.verdict.reasons)


@pytest.mark.slow
def test_the_kind_of_shift_is_told_where_it_is_asked_for() -> None:
    pytest.importorskip("sklearn", reason="the kinds of shift are told apart by models of scikit-learn")
    judged = ConceptCheck(kinds=True).judge(seen(classified(2, 800, flipped="Female"), KNOWN), {})
    [kind] = [reason for reason in judged.verdict.reasons if reason.code == "KINDS"]
    assert kind.message.startswith("The rule from inputs to labels has changed")


def test_memory_is_plain_and_options_are_checked() -> None:
    memory = ConceptCheck().judge(seen(classified(3, 300), KNOWN), {}).memory
    assert json.loads(json.dumps(memory, allow_nan=False)) == memory
    for wrong in ({"worse": 1.0}, {"apart": -0.1}, {"false_alarms": "x"}, {"least_rows": 0}):
        with pytest.raises(InputError):
            ConceptCheck(**wrong)


def test_a_window_that_is_judged_again_and_again_spends_no_more_than_its_part() -> None:
    random = np.random.default_rng(0)
    old = Table.from_columns({"output.label": ["a"] * 5_000, "feedback.truth": ["b"] * 500 + ["a"] * 4_500})
    known = reference(old, rows=old)
    wrong = random.permutation(["b"] * 75 + ["a"] * 325).astype(object)
    once = seen(Table.from_columns({"output.label": ["a"] * 400, "feedback.truth": wrong}), known)
    assert failed(ConceptCheck().judge(once, {})) == ["error_rate"]
    hundredth = replace(once, window=replace(once.window, revision=100))
    assert ConceptCheck().judge(hundredth, {}).verdict.ok
