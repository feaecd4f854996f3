from collections.abc import Sequence

import numpy as np
import pytest
from tests.unit.monitoring.checks import watched

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.checks.quality import QualityCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.seen import Judged, Seen


def seen(window: Table, known: Table | None, slices: Sequence[str] = ()) -> Seen:
    return watched.seen(window, watched.reference(window, known), slices=tuple(slices))


def rows(seed: int, count: int, *, flip: str = "", known: float = 1.0) -> Table:
    """Rows of a model that is right as often as it says; the truth is turned round for one sex."""
    random = np.random.default_rng(seed)
    chance = random.beta(2, 2, count)
    sex = np.where(random.random(count) < 0.3, "Female", "Male").astype(object)
    truth = (random.random(count) < chance) ^ (sex == flip)
    told = np.where(truth, "yes", "no").astype(object)
    told[random.random(count) >= known] = None
    return Table.from_columns(
        {
            "sex": sex,
            "output.probability.no": 1 - chance,
            "output.probability.yes": chance,
            "output.label": np.where(chance > 0.5, "yes", "no").astype(object),
            "feedback.truth": told,
        }
    )


REFERENCE = rows(0, 3_000)


def judged(window: Table, check: QualityCheck | None = None, slices: Sequence[str] = ("sex",)) -> Judged:
    made: Check = QualityCheck() if check is None else check
    return made.judge(seen(window, REFERENCE, slices), {})


def test_good_windows_are_quiet() -> None:
    for seed in range(1, 9):
        found = judged(rows(seed, 1_000))
        assert found.verdict.ok, found.verdict.failures
        assert found.figures["labelled"].value == 1.0
        assert found.figures["accuracy"].least is not None


def test_a_slice_whose_labels_turned_is_named() -> None:
    found = judged(rows(1, 2_000, flip="Female"), QualityCheck(tolerance=0.3))
    subjects = {reason.subject for reason in found.verdict.failures}
    assert subjects == {"accuracy | sex=Female", "auc | sex=Female"}
    figure = found.figures["accuracy|sex=Female"]
    assert figure.value < 0.4
    assert figure.high is not None
    assert figure.least is not None
    assert figure.high < figure.least
    [worst, *_] = found.rows
    assert found.verdict.details["labelled"] == 2_000
    row = rows(1, 2_000, flip="Female").rows(worst, worst + 1).to_columns()
    assert row["output.label"] != row["feedback.truth"]


def test_bounds_that_people_set() -> None:
    window = rows(1, 2_000)
    assert judged(window, QualityCheck(at_least={"accuracy": 0.6})).verdict.ok
    failed = judged(window, QualityCheck(at_least={"accuracy": 0.75}), ()).verdict.failures
    assert [one.subject for one in failed] == ["accuracy"]
    assert failed[0].code == "QUALITY_LOW"
    assert failed[0].expected == 0.75
    failed = judged(window, QualityCheck(at_most={"log_loss": 0.3}), ()).verdict.failures
    assert [(one.subject, one.code) for one in failed] == [("log_loss", "QUALITY_HIGH")]
    assert judged(window, QualityCheck(worse={"recall@0.3": 0.05})).verdict.ok


def test_what_cannot_be_judged_is_said() -> None:
    few = judged(rows(1, 50))
    assert [one.code for one in few.verdict.reasons] == ["TOO_FEW_LABELS"]
    nothing = judged(rows(1, 500).drop(["feedback.truth"]))
    assert [one.code for one in nothing.verdict.reasons] == ["NO_LABELS"]
    mute = judged(rows(1, 500).select(["sex", "feedback.truth"]))
    assert [one.code for one in mute.verdict.reasons] == ["NO_ANSWERS"]
    strange = judged(rows(1, 500), QualityCheck(metrics=("mae",)))
    assert [one.code for one in strange.verdict.reasons] == ["CANNOT_MEASURE"]
    assert all(one.verdict.ok for one in (few, nothing, mute, strange))


def test_without_a_reference_only_bounds_count() -> None:
    found = QualityCheck(at_least={"accuracy": 0.9}).judge(seen(rows(1, 1_000), None), {})
    assert [one.subject for one in found.verdict.failures] == ["accuracy"]
    assert QualityCheck().judge(seen(rows(1, 1_000), None), {}).verdict.ok


def test_values_are_held_against_the_reference_too() -> None:
    def values(seed: int, spread: float) -> Table:
        random = np.random.default_rng(seed)
        said = random.normal(size=1_000)
        return Table.from_columns(
            {"output.prediction": said, "feedback.truth": said + random.normal(size=1_000) * spread}
        )

    reference = values(0, 1.0)
    assert QualityCheck().judge(seen(values(1, 1.0), reference), {}).verdict.ok
    found = QualityCheck().judge(seen(values(1, 1.4), reference), {})
    assert [one.subject for one in found.verdict.failures] == ["mae"]


def test_labels_that_are_missing_not_at_random_are_warned_of() -> None:
    columns = rows(1, 2_000).to_columns()
    certain = [abs(one - 0.5) > 0.2 for one in columns["output.probability.yes"]]
    truth = columns["feedback.truth"]
    columns["feedback.truth"] = [one if kept else None for one, kept in zip(truth, certain, strict=True)]
    found = judged(Table.from_columns(columns))
    [warning] = [one for one in found.verdict.reasons if one.code == "LABELLED_DIFFER"]
    assert warning.ok
    assert "probability" in str(warning.subject)
    codes = [one.code for one in judged(rows(1, 2_000, known=0.5)).verdict.reasons]
    assert "LABELLED_DIFFER" not in codes


def reviewed(window: Table, seed: int = 0) -> Table:
    """A sample in which rows that the model is unsure of are ten times as frequent."""
    random = np.random.default_rng(seed)
    columns = window.to_columns()
    sure = np.abs(np.array(columns["output.probability.yes"]) - 0.5) > 0.15
    chance = np.where(sure, 0.05, 0.5)
    chosen = random.random(len(sure)) < chance
    truth = columns["feedback.truth"]
    columns["feedback.truth"] = [one if kept else None for one, kept in zip(truth, chosen, strict=True)]
    columns["feedback.review_probability"] = [
        float(one) if kept else None for one, kept in zip(chance, chosen, strict=True)
    ]
    return Table.from_columns(columns)


def test_reviewed_rows_are_weighed() -> None:
    window = rows(1, 8_000)
    truth = judged(window).figures["accuracy"].value
    sample = reviewed(window)
    weighed, plain = (judged(sample, QualityCheck(labels=how)) for how in ("auto", "all"))
    assert weighed.verdict.details["labels"] == "reviewed"
    assert plain.verdict.details["labels"] == "all"
    assert abs(weighed.figures["accuracy"].value - truth) < 0.03 < abs(plain.figures["accuracy"].value - truth)
    figure = weighed.figures["accuracy"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < truth < figure.high
    every = window.to_columns() | {
        "feedback.review_probability": sample.to_columns()["feedback.review_probability"]
    }
    assert judged(Table.from_columns(every)).verdict.details["labels"] == "all"
    none = judged(window, QualityCheck(labels="reviewed"))
    assert [one.code for one in none.verdict.reasons] == ["CANNOT_MEASURE"]


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="no metric 'akkuracy'"):
        QualityCheck(at_least={"akkuracy": 0.5})
    with pytest.raises(InputError, match="labels is 'some'"):
        QualityCheck(labels="some")
    with pytest.raises(InputError, match="fewer than one row"):
        QualityCheck(least_rows=0)


def test_that_figures_have_no_bound_is_said() -> None:
    found = QualityCheck().judge(seen(rows(1, 300), None), {})
    assert "NO_LIMIT" in [one.code for one in found.verdict.reasons]
    assert found.verdict.ok
