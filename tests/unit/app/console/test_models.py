"""Models in the console: lists, versions, cards, evaluations, comparison, answers to a row."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.models_project import build
from tests.unit.app.console.test_deployments_log import record, write

from mainspring.app.accounts import Role
from mainspring.app.api.subjects.deployments.requests import log_of
from mainspring.models.registry import PromotionRefusedError

ROW = {"age": 38, "income": 59.5, "city": "Bern"}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("loans") / "loans")


@pytest.fixture
def used(using, made, tmp_path):
    """A console over a copy of the project, which a test may change."""
    return using(Path(shutil.copytree(made, tmp_path / "loans")))


@pytest.fixture
def looking(using, made):
    """A console over the project itself, for a viewer."""
    return using(made, role=Role.VIEWER)


def test_the_list_has_quality_aliases_and_who_waits(looking):
    (one,) = looking.get("/models")
    assert (one["latest"], one["versions"], one["by"]) == ("1.1.0", 3, "Bo")
    assert one["aliases"] == {"production": "1.0.0", "staging": "1.0.0"}
    assert one["headline"]["metric"] == "auc"
    assert one["headline"]["last"] == 0.99
    assert one["asked"] == ["production"]
    html = looking.page("/models")
    assert "<svg" in html
    assert "production asked for" in words_of(html)


def test_a_question_finds_versions_and_a_wrong_one_is_told_on_the_page(looking):
    found = looking.get("/models-search", where="accuracy > 0.94")
    assert [one["version"] for one in found] == ["1.1.0"]
    assert "1 version found" in words_of(looking.page("/models?where=alias.staging+%3D+TRUE"))
    assert 'class="problem"' in looking.page("/models?where=accuracy+>+")


def test_versions_tell_run_gate_data_and_why(looking):
    shown = {one["version"]: one for one in looking.get("/models/loans/versions")}
    assert list(shown) == ["1.1.0", "1.0.1", "1.0.0"]
    first, worse, by_hand = shown["1.0.0"], shown["1.0.1"], shown["1.1.0"]
    assert first["run"].startswith("loans-")
    assert first["passed"] is worse["passed"] is True
    assert (by_hand["run"], by_hand["passed"]) == ("", None)
    assert worse["metrics"]["accuracy"] < first["metrics"]["accuracy"]
    assert first["data"].startswith("sha256:")
    assert first["rows"] + 93 <= 300
    assert first["explained"] is True
    assert first["size"] > 1000
    assert first["signed"] == 2


@pytest.mark.parametrize("tab", ["", "aliases", "environments", "history", "retention"])
def test_pages_of_a_model(looking, tab):
    text = words_of(looking.page(f"/models/loans?tab={tab}"))
    assert "loans" in text
    wanted = {
        "": "strength 1e-06",
        "aliases": "Who held an alias when",
        "environments": "reviewer, risk (ada, Carla)",
        "history": "Promoted to production",
        "retention": "production points at it",
    }
    assert wanted[tab] in text


def test_the_history_of_an_alias_says_until_when(looking):
    moves = looking.get("/models/loans/aliases")
    assert [(one["alias"], one["after"], one["by"], one["reason"]) for one in moves] == [
        ("production", "1.0.0", "Bo", "go"),
        ("staging", "1.0.0", "Ada", "first"),
    ]
    assert all(one["until"] is None for one in moves)


TABS = {
    "": "Where it came from",
    "card": "What the package says of itself",
    "evaluation": "confusion matrix",
    "slices": "city=Bern",
    "fairness": "",
    "explanations": "What matters most",
    "what-if": "Row 1",
    "comparison": "Would it be worse than 1.0.0?",
    "promotion": "the signature of reviewer",
    "package": "may be missing",
    "history": "Registered",
}


@pytest.mark.parametrize("tab", TABS)
def test_pages_of_a_version(looking, tab):
    html = looking.page(f"/models/loans/versions/1.0.1?tab={tab}")
    assert TABS[tab].lower() in words_of(html).lower()
    assert " style=" not in html
    assert "Traceback" not in html


@pytest.mark.parametrize(("part", "words"), [("evaluation", "slices"), ("fairness", "city=Basel")])
def test_whole_pages_come_in_frames(looking, part, words):
    answer = looking.client.get(f"/models/loans/versions/1.0.1/page/{part}")
    assert answer.status_code == 200
    assert words in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert 'http-equiv="Content-Security-Policy"' not in answer.text


def test_a_version_without_evaluation_says_so(looking):
    assert "registered without an evaluation" in words_of(
        looking.page("/models/loans/versions/1.1.0?tab=evaluation")
    )
    assert "No slices were judged" in looking.page("/models/loans/versions/1.1.0?tab=slices")
    assert looking.client.get("/models/loans/versions/1.1.0/page/evaluation").status_code == 404


def test_what_is_not_there_is_told_with_what_there_is(looking):
    told = looking.get("/models/loans/versions/9.9.9", status=404)["error"]
    assert "1.0.1" in told["expected"]
    assert "no model is registered as" in words_of(looking.page("/models/nobody", status=404))


def test_the_card_has_what_people_said_and_what_the_package_says(used):
    used.post("/models/loans/description", {"text": "Says who pays back.", "version": "1.0.0"})
    used.post("/models/loans/notes", {"text": "weak below 20", "version": "1.0.0"})
    card = used.get("/models/loans/versions/1.0.0/card")
    assert "Says who pays back." in card["markdown"]
    assert "weak below 20" in card["markdown"]
    assert "| production | risk | Carla |" in card["markdown"]
    assert "sklearn.linear_model.LogisticRegression" in card["markdown"]
    assert card["html"].count("<main>") == 1
    answer = used.client.get("/models/loans/versions/1.0.0/card.md")
    assert answer.headers["content-disposition"] == 'attachment; filename="loans-1.0.0-card.md"'


def test_two_versions_side_by_side_with_a_verdict(looking):
    found = looking.get("/models/loans/compare", before="1.0.0", after="1.0.1")
    assert found["verdict"]["ok"] is False
    assert found["same_rows"] is True
    ways = {one["name"]: one["way"] for one in found["parts"]["metrics"]}
    assert ways["accuracy"] == "worse"
    assert {one["name"]: one["after"] for one in found["parts"]["parameters"]}["params.C"] == 1e-6
    text = words_of(looking.page("/models/loans/versions/1.0.1?tab=comparison&against=1.0.0"))
    assert "It is worse" in text
    assert looking.client.get("/models/loans/versions/1.0.1/page/comparison?against=1.0.0").status_code == 200


def test_a_row_is_answered_as_the_package_answers(looking, made):
    told = looking.get("/models/loans/versions/1.0.0/question")
    kinds = {one["name"]: one["kind"] for one in told["columns"]}
    assert kinds == {"age": "whole", "income": "number", "city": "choice"}
    answer = looking.post(
        "/models/loans/versions/1.0.0/predict", {"row": {"age": "38", "income": "59.5", "city": "Bern"}}
    )
    models = looking.opened.models
    package = models.fetch(models.resolve("loans:1.0.0"))
    scores = package.predict_columns(package.signature.columns([ROW])).scores[0]
    assert answer["answer"] == "no"
    assert answer["probabilities"]["yes"] == pytest.approx(scores[1], abs=1e-12)
    assert [one for one in looking.trail.entries if one.operation == "models.predict"] == []


def test_a_row_that_cannot_be_read_is_refused_with_all_that_is_wrong(looking):
    row = {"age": "old", "income": 1e6, "city": "Bern", "shoe": 3}
    told = looking.post("/models/loans/versions/1.0.0/predict", {"row": row}, status=400)["error"]
    assert "no column 'shoe'" in told["found"]
    assert "'age' is 'old', which is no whole number" in told["found"]
    answer = looking.post("/models/loans/versions/1.0.0/predict", {"row": {**ROW, "income": 1e4}})
    assert any("income is 10000, and in training it was" in note for note in answer["notes"])


def test_contributions_add_up_to_the_answer(looking):
    answer = looking.post("/models/loans/versions/1.0.0/predict", {"row": ROW})
    why = looking.post("/models/loans/versions/1.0.0/explain", {"row": ROW})
    assert why["about"] == "probability of yes"
    assert why["registered"] is True
    assert why["outcome"] == pytest.approx(answer["probabilities"]["yes"], abs=1e-6)
    assert why["base"] + sum(one["amount"] for one in why["parts"]) == pytest.approx(why["outcome"], abs=1e-6)
    assert why["parts"][0]["column"] == "income"


def test_what_is_found_to_turn_the_answer_turns_it(looking):
    found = looking.post("/models/loans/versions/1.0.0/otherwise", {"row": ROW})
    assert (found["answer"], found["wanted"]) == ("no", "not no")
    income = next(one for one in found["alone"] if one["changes"][0]["column"] == "income")
    row = {**ROW, "income": income["changes"][0]["after"]}
    assert looking.post("/models/loans/versions/1.0.0/predict", {"row": row})["answer"] == "yes"
    assert found["together"]


def test_a_package_without_explainer_is_explained_by_the_rows_it_keeps(looking):
    why = looking.post("/models/loans/versions/1.1.0/explain", {"row": ROW})
    assert why["registered"] is False
    assert why["parts"][0]["column"] == "income"
    found = looking.get("/models/loans/versions/1.1.0/importance")
    assert next(iter(found["means"])) == "income"
    assert 0 < found["rows"] <= 60


def test_without_a_script_the_form_asks_through_the_address(looking):
    path = "/models/loans/versions/1.0.0?tab=what-if&ask=1&row.age=60&row.income=110&row.city=Bern"
    assert '<p class="figure-big">yes</p>' in looking.page(path)


def test_the_search_finds_models_versions_aliases_and_remarks(used):
    used.post("/models/loans/notes", {"text": "drifts in spring"})
    kinds = {hit["kind"]: hit["path"] for hit in used.get("/search", text="loans", limit=50)["hits"]}
    assert kinds["model"] == "/models/loans"
    found = used.get("/search", text="drifts in spring")["hits"]
    assert [one["path"] for one in found if one["kind"] == "remark"] == ["/models/loans?tab=history"]
    found = used.get("/search", text="loans@production")["hits"]
    assert "/models/loans?tab=aliases" in [one["path"] for one in found]
    found = used.get("/search", text="1.0.1")["hits"]
    assert "/models/loans/versions/1.0.1" in [one["path"] for one in found]


def test_stamps_change_with_a_model_and_stay_otherwise(used):
    from mainspring.app.api.subjects.models import shelf

    before = shelf.stamp(used.shared, "loans")
    assert shelf.stamp(used.shared, "loans") == before
    used.post("/models/loans/notes", {"text": "seen"})
    assert shelf.stamp(used.shared, "loans") != before
    assert shelf.shelf(used.shared, "loans").notes[-1].by == "ada"


def test_a_refused_promotion_is_a_state_error(used):
    with pytest.raises(PromotionRefusedError):
        used.opened.models.promote("loans", "1.0.1", to="production", by="Bo", comment="now")
    assert "Promotion to production refused" in words_of(used.page("/models/loans/versions/1.0.1?tab=history"))


def test_pages_lead_to_what_they_mention_and_nowhere_else(looking):
    page = looking.page("/models/loans")
    assert 'href="/deployments/loans"' not in page
    assert 'href="/monitoring/loans"' not in page
    assert "mainspring serve loans" in page
    version = looking.page("/models/loans/versions/1.0.0")
    assert 'href="/data/loans.ingest/1"' in version
    assert 'href="/models/loans/versions/1.0.0"' in looking.page("/data/loans.ingest/1")
    run = looking.get("/models/loans/versions/1.0.0")["provenance"]["run"]
    (examples,) = set(re.findall(r'href="(/data/artifacts/\d+)">Examples', looking.page(f"/runs/{run}")))
    assert looking.client.get(examples, follow_redirects=False).headers["location"] == "/data/loans.ingest/1"


def test_where_nothing_is_the_list_is_one_click_away(looking):
    assert '<a class="button" href="/models">Models</a>' in looking.page("/models/nothing", status=404)
    assert '<a class="button" href="/data">Data</a>' in looking.page("/data/nothing/1", status=404)


def test_what_is_offered_to_go_back_to_is_where_a_rollback_goes(used):
    models = used.opened.models
    models.move("loans", "beta", "1.0.0", by="Ada", reason="first")
    models.move("loans", "beta", "1.1.0", by="Ada", reason="newer")
    models.move("loans", "beta", "1.0.0", by="Ada", reason="the older one after all")
    assert "It points at 1.0.0; 1.1.0 held it before" in words_of(used.page("/models/loans?tab=aliases"))
    told = used.post("/models/loans/rollback", {"alias": "beta", "reason": "no, the newer one"})
    assert (told["before"], told["version"]) == ("1.0.0", "1.1.0")
    assert "It points at 1.1.0; 1.0.0 held it before" in words_of(used.page("/models/loans?tab=aliases"))


def test_a_logged_request_is_what_one_begins_with(used):
    asked = {"age": [61], "income": [33.25], "city": ["Chur"]}
    write(log_of(used.opened), [record(0.0, id="one", version="1.0.0", columns=asked)])
    html = used.page("/models/loans/versions/1.0.0?tab=what-if&request=one")
    assert 'href="/deployments/loans/requests/one" aria-current="true"' in html
    assert 'name="row.age" value="61"' in html
    assert 'name="row.income" value="33.25"' in html
    html = used.page("/models/loans/versions/1.0.0?tab=what-if&request=none")
    assert "A row of the package is shown instead" in html
