"""Reviews: queues, rows answered one by one, agreement, quality."""

from __future__ import annotations

import pytest
from tests.unit.app.console.conftest import words_of

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.api.subjects.reviews import SUBJECT
from mainspring.app.reviewing import reviews_of
from mainspring.data import Table
from mainspring.monitoring.reviewing import Sampling
from mainspring.serving.feedback import join
from mainspring.serving.feedback import read as read_feedback
from mainspring.serving.payloads import LogRecord, PredictionLog, read

ROWS = 12


@pytest.fixture
def used(tmp_path, using):
    (tmp_path / "mainspring.toml").write_text("[project]\nname='loans'\n")
    with platform.open(tmp_path) as opened:
        log = opened.settings.path(opened.settings.serving.log)
        with PredictionLog(log) as writing:
            for number in range(ROWS):
                writing.write(
                    LogRecord(
                        id=f"r{number}",
                        time=1_000.0 + number,
                        model="loans",
                        version="1",
                        columns={"amount": [float(number)], "purpose": ["a <b>car</b>"]},
                        outputs={"label": ["no"], "probability.no": [0.7], "probability.yes": [0.3]},
                    )
                )
        table: Table = join(read(log, model="loans"), [])
        reviews_of(opened, "loans").fill(table, Sampling(rows=ROWS, double=0.0))
    return using(tmp_path)


def test_queues_stand_as_they_were_filled(used):
    (one,) = used.get("/reviews")
    assert (one["name"], one["status"]["items"], one["status"]["waiting"]) == ("loans", ROWS, ROWS)
    assert (one["mine"], one["quality"], one["since"]) == (ROWS, None, 1_000.0)
    assert "0 of 12" in words_of(used.page("/reviews"))


def test_rows_are_answered_in_the_name_of_who_is_signed_in(used):
    first = used.post("/reviews/loans/next")
    assert (first["classes"], first["left"]) == (["no", "yes"], ROWS)
    assert first["item"]["values"]["purpose"] == "a <b>car</b>"
    assert first["item"]["said"] is None
    second = used.post("/reviews/loans/answer", {"item": first["item"]["id"], "label": "yes", "comment": "seen"})
    assert (second["answered"], second["left"]) == (1, ROWS - 1)
    assert second["item"]["id"] != first["item"]["id"]
    item = reviews_of(used.opened, "loans").item(first["item"]["id"])
    assert (item.label, item.by, item.answers["ada"].comment) == ("yes", "ada", "seen")
    log = used.opened.settings.path(used.opened.settings.serving.log)
    truths = [one for one in read_feedback(log / "feedback", model="loans") if one.key == "truth"]
    assert [(one.value, one.caller) for one in truths] == [("yes", "ada")]


def test_an_answer_is_taken_up_again_and_replaced(used):
    first = used.post("/reviews/loans/next")["item"]["id"]
    used.post("/reviews/loans/answer", {"item": first, "label": "yes"})
    again = used.post("/reviews/loans/undo")
    assert (again["item"]["id"], again["item"]["answer"]) == (first, "yes")
    assert "You said <b>yes</b>" in used.page(f"/reviews/loans/answer?item={first}")
    used.post("/reviews/loans/answer", {"item": first, "label": "no"})
    assert reviews_of(used.opened, "loans").item(first).label == "no"


def test_who_cannot_say_and_who_skips(used):
    first = used.post("/reviews/loans/next")["item"]["id"]
    second = used.post("/reviews/loans/answer", {"item": first, "kind": "unsure"})["item"]["id"]
    used.post("/reviews/loans/answer", {"item": second, "kind": "skip"})
    queue = reviews_of(used.opened, "loans")
    assert (queue.item(first).state, queue.item(second).state) == ("DISPUTED", "WAITING")
    used.post("/reviews/loans/answer", {"item": first, "label": "no", "decide": True})
    assert reviews_of(used.opened, "loans").item(first).label == "no"
    wrong = used.post("/reviews/loans/answer", {"item": second, "label": "perhaps"}, status=400)
    assert "perhaps" in wrong["error"]["found"]


def test_quality_is_that_of_all_rows_by_those_reviewed(used):
    for label in ("no", "no", "no", "yes"):
        item = used.post("/reviews/loans/next")["item"]["id"]
        used.post("/reviews/loans/answer", {"item": item, "label": label})
    quality = used.get("/reviews")[0]["quality"]
    assert quality["rows"] == 4
    assert quality["value"] == pytest.approx(0.75)
    assert quality["low"] < 0.75 < quality["high"]
    pairs = used.get("/reviews/loans")["agreement"]["with_model"]
    assert [(one["one"], one["items"], one["same"]) for one in pairs] == [("ada", 4, 0.75)]


def test_the_page_answers_by_buttons_with_keys_and_hides_what_the_model_said(used):
    html = used.page("/reviews/loans/answer")
    assert 'value="no" data-key="1"' in html
    assert "a &lt;b&gt;car&lt;/b&gt;" in html
    assert "The model answered" not in html
    assert "The model answered <b>no</b>" in used.page("/reviews/loans/answer?said=yes")
    item = html.partition('name="item" value="')[2].partition('"')[0]
    told = used.act(
        "reviews.answer", then="/reviews/loans/answer", name="loans", item=item, label="no", comment=""
    )
    assert told["then"] == "/reviews/loans/answer"


def test_viewers_see_how_reviews_stand_and_answer_nothing(used):
    used.somebody.role = Role.VIEWER
    assert "Rows" in words_of(used.page("/reviews/loans/answer"))
    used.post("/reviews/loans/next", status=403)
    assert SUBJECT.waiting(used.desk) == []


def test_rows_wait_for_people_and_queues_are_found(used):
    (one,) = SUBJECT.waiting(used.desk)
    assert (one.kind, one.title, one.path) == ("review", "12 rows of loans to look at", "/reviews/loans")
    assert "/reviews/loans" in [hit["path"] for hit in used.get("/search", text="loan")["hits"]]
    used.get("/reviews/taxi", status=404)
    stamp = SUBJECT.topics["reviews"](used.shared, "loans")
    used.post("/reviews/loans/next")
    assert SUBJECT.topics["reviews"](used.shared, "loans") != stamp


def test_rows_are_chosen_by_a_job(used):
    used.post("/reviews/loans/fill", {"rows": 0}, status=400)
    job = used.post("/reviews/loans/fill", {"rows": 5, "last": "24h"})
    assert job["command"] == "mainspring review fill loans --rows 5 --reviewers 1 --last 24h"


@pytest.mark.parametrize("name", ["--help", "-h", "--reviews=x"])
def test_a_name_that_a_command_would_read_as_an_option_names_no_model(using, tmp_path, name):
    used = using(tmp_path)
    assert "there is no model" in used.post(f"/reviews/{name}/fill", status=400)["error"]["found"]
    assert used.get("/jobs") == []
