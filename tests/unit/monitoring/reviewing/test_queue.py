import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError, IntegrityError, NotFoundError
from mainspring.data import Table
from mainspring.monitoring.quality import realised_quality
from mainspring.monitoring.quality.labels import review_weights
from mainspring.monitoring.reviewing import ItemState, ReviewQueue, Sampling
from mainspring.serving.feedback import Feedback, join
from mainspring.serving.feedback import read as read_journal
from mainspring.serving.payloads import LogRecord, PredictionLog, read

ROWS = 40


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    random = np.random.default_rng(0)
    with PredictionLog(folder) as made:
        for number in range(ROWS):
            chance = random.random(2)
            made.write(
                LogRecord(
                    id=f"r{number}",
                    time=1_000.0 + number,
                    model="loans",
                    version="1.0.0",
                    columns={"amount": [float(number), number + 0.5], "job": ["baker", None]},
                    outputs={
                        "label": ["yes" if one > 0.5 else "no" for one in chance],
                        "probability.no": (1 - chance).tolist(),
                        "probability.yes": chance.tolist(),
                    },
                )
            )
    return folder


def read_feedback(log: Path, model: str | None = None) -> list[Feedback]:
    return list(read_journal(log / "feedback", model=model))


def table(log: Path) -> Table:
    return join(read(log, model="loans"), read_feedback(log, model="loans"))


def queue(log: Path, time: Time | None = None) -> ReviewQueue:
    return ReviewQueue(log.parent / "reviews", model="loans", log=log, clock=Time() if time is None else time)


def filled(log: Path, rows: int = 20, *, reviewers: int = 1) -> ReviewQueue:
    made = queue(log)
    made.fill(table(log), Sampling(rows=rows, reviewers=reviewers, double=0.0))
    return made


def test_what_is_answered_is_told_as_the_truth(log: Path) -> None:
    reviews = filled(log)
    item = reviews.next("ann")
    assert item is not None
    assert reviews.values(item)["job"] in {"baker", None}
    assert reviews.classes == ("no", "yes")
    done = reviews.answer(item.id, "yes", reviewer="ann", guideline="2", comment="clear")
    assert (done.state, done.label, done.by) == (ItemState.SETTLED, "yes", "ann")
    told = [one for one in read_feedback(log) if one.key == "truth"]
    assert [(one.id, one.row, one.value, one.caller) for one in told] == [
        (item.chosen.request, item.chosen.row, "yes", "ann")
    ]
    found = table(log).to_columns()
    assert [one for one in found["feedback.truth"] if one is not None] == ["yes"]
    chosen = [one for one in found["feedback.review_probability"] if one is not None]
    assert len(chosen) == reviews.status().items
    assert item.chosen.probability in chosen
    answer = queue(log).item(item.id).answers["ann"]
    assert (answer.guideline, answer.comment) == ("2", "clear")


def test_filling_again_adds_nothing_and_more_adds_others(log: Path) -> None:
    reviews = queue(log)
    first = reviews.fill(table(log), Sampling(rows=20))
    assert (first.rows, first.again) == (2 * ROWS, 0)
    again = reviews.fill(table(log), Sampling(rows=20))
    assert (again.new, again.again) == (0, first.new)
    more = reviews.fill(table(log), Sampling(rows=60))
    assert more.again == first.new
    assert reviews.status().items == first.new + more.new
    known = {(one.id, one.row): one.value for one in read_feedback(log) if one.key == "review_probability"}
    assert known == {(item.chosen.request, item.chosen.row): item.chosen.probability for item in reviews.items()}


def test_nobody_gets_what_somebody_has(log: Path) -> None:
    time = Time()
    filled(log)
    ann, ben = queue(log, time), queue(log, time)
    mine, theirs = ann.next("ann", minutes=10), ben.next("ben", minutes=10)
    assert mine is not None
    assert theirs is not None
    assert mine.id != theirs.id
    again = queue(log, time).next("ann")
    assert again is not None
    assert again.id == mine.id
    time.now += 16 * 60
    late = ben.next("cid")
    assert late is not None
    assert late.id in {mine.id, theirs.id}


def test_disputes_are_decided(log: Path) -> None:
    reviews = filled(log, reviewers=2)
    item = reviews.items()[0].id
    assert reviews.answer(item, "yes", reviewer="ann").state is ItemState.WAITING
    assert reviews.answer(item, "no", reviewer="ben").state is ItemState.DISPUTED
    assert [one.id for one in reviews.items("DISPUTED")] == [item]
    assert not [one for one in read_feedback(log) if one.key == "truth"]
    assert reviews.decide(item, "no", reviewer="lead", comment="see page 3").label == "no"
    [told] = [one for one in read_feedback(log) if one.key == "truth"]
    assert (told.value, told.caller) == ("no", "lead")


def test_an_answer_that_is_changed_is_told_again(log: Path) -> None:
    time = Time()
    filled(log)
    reviews = queue(log, time)
    item = reviews.items()[0].id
    reviews.answer(item, "yes", reviewer="ann")
    time.now += 60
    reviews.answer(item, "no", reviewer="ann")
    assert [one.value for one in read_feedback(log) if one.key == "truth"] == ["yes", "no"]
    assert [one for one in table(log).column("feedback.truth").tolist() if one is not None] == ["no"]


def test_unsure_and_skipped(log: Path) -> None:
    reviews = filled(log)
    first = reviews.next("ann")
    assert first is not None
    assert reviews.answer(first.id, reviewer="ann", kind="skip").state is ItemState.WAITING
    second = reviews.next("ann")
    assert second is not None
    assert second.id != first.id
    for_ben = reviews.next("ben")
    assert for_ben is not None
    assert for_ben.id == first.id
    assert reviews.answer(first.id, reviewer="ben", kind="unsure").state is ItemState.DISPUTED


def test_rows_whose_truth_is_known_are_not_handed_out(log: Path) -> None:
    reviews = filled(log, rows=2 * ROWS)
    for item in reviews.items():
        reviews.answer(item.id, "yes", reviewer="ann")
    other = ReviewQueue(log.parent / "others", model="loans", log=log)
    done = other.fill(table(log), Sampling(rows=10))
    assert done.known == done.new > 0
    assert other.next("ann") is None
    assert other.status().settled == done.new


def test_mistakes_are_explained(log: Path) -> None:
    reviews = filled(log)
    item = reviews.items()[0].id
    with pytest.raises(InputError, match="'maybe' is no label") as error:
        reviews.answer(item, "maybe", reviewer="ann")
    assert error.value.expected == "one of no, yes"
    with pytest.raises(NotFoundError, match="no item 'r99/0'"):
        reviews.answer("r99/0", "yes", reviewer="ann")
    with pytest.raises(InputError, match="nobody is named"):
        reviews.next(" ")
    with pytest.raises(InputError, match="no model"):
        ReviewQueue(log.parent, model="../x", log=log)
    assert not reviews.item(item).answers


def test_what_the_log_forgot_is_said(log: Path) -> None:
    reviews = filled(log)
    item = reviews.items()[0]
    for file in log.iterdir():
        if file.is_file():
            file.unlink()
    with pytest.raises(NotFoundError, match="does not have row"):
        reviews.values(item)


def test_a_crash_loses_nothing(log: Path) -> None:
    reviews = filled(log)
    item = reviews.items()[0].id
    file = log.parent / "reviews" / "loans" / "reviews.jsonl"
    # Killed after the answer was written, before it was told; and once more in the middle of a line.
    event = {"what": "answered", "item": item, "reviewer": "ann", "at": 5.0, "kind": "label", "label": "yes"}
    with file.open("ab") as lines:
        lines.write(json.dumps(event).encode() + b"\n" + b'{"what": "answ')
    fresh = queue(log)
    assert fresh.item(item).label == "yes"
    assert not [one for one in read_feedback(log) if one.key == "truth"]
    fresh.next("ben")
    assert [one.value for one in read_feedback(log) if one.key == "truth"] == ["yes"]
    assert all(json.loads(line) for line in file.read_bytes().splitlines())
    queue(log).next("ben")
    assert len([one for one in read_feedback(log) if one.key == "truth"]) == 1


def test_a_damaged_file_is_named_with_its_line(log: Path) -> None:
    filled(log)
    file = log.parent / "reviews" / "loans" / "reviews.jsonl"
    with file.open("ab") as lines:
        lines.write(b"nothing\n")
    with pytest.raises(IntegrityError, match="no event") as error:
        queue(log).items()
    assert str(error.value.where).endswith("reviews.jsonl:2")


def _work(log: Path, name: str) -> None:
    reviews = ReviewQueue(log.parent / "reviews", model="loans", log=log)
    while (item := reviews.next(name)) is not None:
        reviews.answer(item.id, "yes", reviewer=name)


def test_several_processes_share_the_work(log: Path) -> None:
    reviews = filled(log, rows=30)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_work, args=(log, name)) for name in ("ann", "ben", "cid")]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert [one.exitcode for one in workers] == [0, 0, 0]
    items = reviews.items()
    assert all(item.state is ItemState.SETTLED for item in items)
    assert all(len(item.answers) == 1 for item in items)
    assert sum(reviews.status().reviewers.values()) == len(items)
    assert len([one for one in read_feedback(log) if one.key == "truth"]) == len(items)


def test_weighed_figures_of_reviewed_rows_are_those_of_all(log: Path) -> None:
    """End to end: chosen, answered by somebody who knows the truth, joined, and measured."""
    truths = {
        f"r{number}/{row}": "yes" if (number * 7 + row) % 10 < 6 else "no"
        for number in range(ROWS)
        for row in (0, 1)
    }
    reviews = filled(log, rows=60, reviewers=1)
    for item in reviews.items():
        reviews.answer(item.id, truths[item.id], reviewer="ann")
    sample = table(log)
    found = realised_quality(sample, metrics=["accuracy"], weights=review_weights(sample))
    said = zip(
        sample.column("request.id").tolist(),
        sample.column("request.row").astype(int).tolist(),
        sample.column("output.label").tolist(),
        strict=True,
    )
    expected = np.mean([truths[f"{name}/{row}"] == label for name, row, label in said])
    assert found is not None
    assert found.overall.values["accuracy"] == pytest.approx(expected, abs=0.12)
