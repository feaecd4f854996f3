"""Search: all subjects, pages and commands; what fails keeps nothing else; the best first."""

from __future__ import annotations

import dataclasses
import time

import pytest

import mainspring
from mainspring import pipeline, step
from mainspring.app.accounts import Caller, Role, Way
from mainspring.app.api.operation import of, operation
from mainspring.app.api.subject import Hit, Subject
from mainspring.app.api.subjects.search import searching
from mainspring.app.api.subjects.search.commands import commands
from mainspring.app.api.subjects.search.pages import pages
from mainspring.app.api.subjects.search.ranking import best
from mainspring.core.errors import UnavailableError


@step
def bake(number: int) -> int:
    return number


@pipeline
def cake(number: int = 1):
    bake(number)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("search")
    (root / "mainspring.toml").write_text('[project]\nname = "bakery"\n')
    with mainspring.open(root) as opened:
        opened.pipelines.run(cake, name="first-cake")
        opened.pipelines.run(cake, name="second-cake")
    return root


@pytest.mark.parametrize("text", ["cake frist", "secnd-cake", "caek", "second caek", "cake run first"])
def test_words_are_found_in_any_order_and_with_a_letter_wrong(using, project, text):
    hits = using(project).get("/search", text=text)["hits"]
    wanted = "second-cake" if "sec" in text else "first-cake"
    assert ("run", wanted) in [(one["kind"], one["name"]) for one in hits]


def test_what_is_like_nothing_finds_nothing(using, project):
    assert using(project).get("/search", text="qwertzuiop")["hits"] == []


def test_runs_steps_pipelines_pages_and_commands_are_found(using, project):
    used = using(project)
    kinds = {(one["kind"], one["name"]) for one in used.get("/search", text="cake")["hits"]}
    assert {("run", "first-cake"), ("run", "second-cake"), ("pipeline", "cake")} <= kinds
    assert used.get("/search", text="bake")["hits"][0]["kind"] == "step"
    assert used.get("/search", text="settings")["hits"][0]["path"] == "/settings"
    assert used.get("/search", text="start a run")["hits"][0]["path"] == "/runs/new"
    found = used.get("/search", text="mainspring diff")["hits"]
    assert ("command", "mainspring diff BEFORE AFTER") in [(one["kind"], one["name"]) for one in found]
    assert used.get("/search", text="   ")["hits"] == []


def test_the_page_shows_hits_and_what_to_try_where_there_are_none(using, project):
    used = using(project)
    html = used.page("/search?text=second")
    assert 'href="/runs/second-cake"' in html
    assert 'data-copy="mainspring diff BEFORE AFTER"' in used.page("/search?text=diff")
    assert "Nothing is called" in used.page("/search?text=zzzz")
    assert "<h1" in used.page("/search")


def test_a_finder_that_fails_or_is_slow_keeps_no_other(using, project):
    def fail(desk, text):
        raise UnavailableError("the store of alerts does not answer")

    def slow(desk, text):
        time.sleep(2.0)
        return []

    def good(desk, text):
        return [Hit(kind="model", name=text, path="/models/x")]

    finders = {"alerts": fail, "data": slow, "models": good}
    subject = searching([Subject(name=name, find=find) for name, find in finders.items()])
    began = time.perf_counter()
    found = subject.operations["search"].function(using(project).desk, "cake")
    assert time.perf_counter() - began < 1.5
    assert [one.name for one in found.hits] == ["cake"]
    assert [one.partition(":")[0] for one in found.problems] == ["alerts", "data"]
    assert "does not answer" in found.problems[0]


def test_whole_names_come_before_beginnings_before_parts_and_newer_before_older():
    names = ["a loan", "payload", "loans", "loan", "old loan"]
    hits = [Hit(kind="run", name=name, path=f"/{name}", at=float(place)) for place, name in enumerate(names)]
    assert [one.name for one in best(hits, "loan", 10)] == ["loan", "loans", "old loan", "a loan", "payload"]


def test_no_kind_fills_the_list_while_there_are_others():
    runs = [Hit(kind="run", name=f"loans-{place}", path=f"/runs/{place}") for place in range(50)]
    other = Hit(kind="alert", name="drift of loans", path="/monitoring/alerts/1")
    found = best([*runs, other], "loans", 10)
    assert len(found) == 10
    assert other in found
    assert len(best(runs, "loans", 10)) == 10


def test_each_hit_is_told_once():
    hit = Hit(kind="model", name="loans", path="/models/loans")
    assert len(best([hit, dataclasses.replace(hit, at=5.0)], "loans", 10)) == 1


def test_pages_are_those_that_the_caller_may_use():
    def paths(role: Role, text: str) -> list[str]:
        return [one.path for one in pages(Caller(name="ada", role=role, way=Way.SESSION), text)]

    assert "/runs/new" in paths(Role.EDITOR, "run")
    assert "/runs/new" not in paths(Role.VIEWER, "run")
    assert "/users" not in paths(Role.EDITOR, "users")


def test_commands_show_their_arguments_and_are_told_once():
    @operation("cakes.bake", "POST", "/cakes", command="mainspring bake {cake}")
    def bake_cake(desk, cake: str) -> None:
        """Bake a cake."""

    (found,) = commands([of(bake_cake), of(bake_cake)], "mainspring bake")
    assert (found.name, found.detail) == ("mainspring bake CAKE", "Bake a cake")
    assert commands([of(bake_cake)], "b") == []
