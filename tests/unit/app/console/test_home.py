"""The first page: what runs, what waits, how models fare; and what a fresh project is told."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

import mainspring
from mainspring import approval, pipeline, step, when
from mainspring.app.accounts import Role
from mainspring.app.api.subject import Waiting
from mainspring.app.api.subjects.home import glances, tasks
from mainspring.app.api.subjects.home.nouns import Home, ModelGlance, Problem
from mainspring.app.api.subjects.models.nouns import Headline, ListedModel
from mainspring.app.api.subjects.monitoring.nouns import WatchedModel
from mainspring.app.api.together import together
from mainspring.app.web.rooms.home.words import word_for
from mainspring.core.errors import UnavailableError


@step
def half(number: float) -> float:
    return number / 2


@step
def broken(number: float) -> float:
    raise ValueError(f"{number} is too much")


@pipeline
def halving(number: float = 8.0):
    smaller = half(number)
    with when(approval("Go on?", evidence=[smaller])):
        half.named("again")(smaller)


@pipeline
def breaking(number: float = 8.0):
    broken(half(number))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("home")
    (root / "mainspring.toml").write_text('[project]\nname = "halves"\n')
    with mainspring.open(root) as opened:
        opened.pipelines.run(halving, name="asks")
        opened.pipelines.run(breaking, name="fails")
    return root


def test_a_fresh_project_is_led_from_data_to_a_watched_model(using, tmp_path):
    used = using(tmp_path)
    told = used.get("/home")
    assert [one["done"] for one in told["first"]] == [False] * 5
    assert told["first"][0]["command"].startswith("mainspring init . ")
    html = used.page("/")
    assert "From your data to a model that is watched" in html
    assert 'data-copy="mainspring run"' in html


def test_what_goes_on_is_told_with_its_steps(using, project):
    told = using(project).get("/home")
    (going,) = told["running"]
    assert (going["run"], going["state"]) == ("asks", "WAITING")
    states = {one["step"]: one["state"] for one in going["steps"]}
    assert (states["half"], states["again"]) == ("COMPLETE", "PENDING")
    assert "WAITING" in states.values()
    assert [one["run"] for one in told["runs"]] == ["fails", "asks"]
    assert [one["run"] for one in told["outcomes"]] == ["asks", "fails"]
    assert told["problems"] == []


def test_what_waits_is_sorted_by_urgency_and_quiet_for_whom_it_is_not(using, project):
    used = using(project)
    mine = [(one["waiting"]["kind"], one["mine"]) for one in used.get("/home")["tasks"]]
    assert mine == [("run", True), ("approval", True)]
    used.somebody.role = Role.EDITOR
    told = used.get("/home")["tasks"]
    assert [(one["waiting"]["kind"], one["mine"], one["role"]) for one in told] == [
        ("run", True, "editor"),
        ("approval", False, "approver"),
    ]
    assert "1 thing waits for somebody else" in used.page("/")


def test_a_source_that_fails_is_named_and_the_rest_is_there(using, project, monkeypatch):
    def fail(desk):
        raise UnavailableError("the database of models does not answer")

    monkeypatch.setattr(glances, "registered", fail)
    used = using(project)
    told = used.get("/home")
    assert [(one["part"], one["why"], one["slow"]) for one in told["problems"]] == [
        ("models", "the database of models does not answer", False)
    ]
    assert [one["run"] for one in told["runs"]] == ["fails", "asks"]
    assert "Models cannot be shown: the database of models does not answer" in used.page("/")


def test_a_source_that_is_slow_is_not_waited_for():
    began = time.perf_counter()
    found = together({"slow": lambda: time.sleep(1.0), "fast": lambda: 7}, seconds=0.1)
    assert time.perf_counter() - began < 0.9
    assert (found["fast"].value, found["slow"].slow) == (7, True)
    assert "0.1 s" in found["slow"].problem


def test_models_in_trouble_come_first_then_those_in_use():
    models = glances.models_of(
        [_listed("calm", {}), _listed("used", {"production": "1.0.0"}), _listed("ill", {})],
        [_watched("ill", "failing", {"critical": 2})],
        {"used": ["1.0.0"]},
        {},
    )
    assert [(one.name, one.health, one.production) for one in models] == [
        ("ill", "failing", False),
        ("used", "", True),
        ("calm", "", False),
    ]
    assert models[0].alerts == 2
    assert glances.alerts_of(
        [_watched("a", "failing", {"critical": 2}), _watched("b", "warning", {"warning": 1})]
    ) == {
        "critical": 2,
        "warning": 1,
    }


def test_tasks_that_the_caller_can_do_come_before_more_urgent_ones_of_others(using, project):
    used = using(project, role=Role.EDITOR)
    some = [
        Waiting(kind="signature", title="sign", path="/", since=1.0, urgency=2),
        Waiting(kind="review", title="look", path="/", since=2.0, urgency=0),
        Waiting(kind="alert", title="fire", path="/", since=3.0, urgency=2),
    ]
    assert [one.waiting.title for one in tasks.tasks_of(used.desk, some)] == ["fire", "look", "sign"]


def _listed(name: str, aliases: dict[str, str]) -> ListedModel:
    headline = Headline(metric="auc", title="AUC", lower=False, values=[0.9], last=0.9)
    return ListedModel(
        name=name,
        description="",
        tags={},
        versions=1,
        latest="1.0.0",
        at=0.0,
        by="ada",
        aliases=aliases,
        headline=headline,
        blessed=None,
        asked=[],
    )


def _watched(name: str, health: str, alerts: dict[str, int]) -> WatchedModel:
    return WatchedModel(
        model=name,
        health=health,
        why="",
        declared=True,
        last=None,
        windows=0,
        failed=0,
        silent_since=None,
        alerts=alerts,
        decision=None,
        looked_at=None,
        running=False,
    )


class TestWord:
    """Anybody can tell in a sentence whether all is well."""

    HOME = Home(
        running=(),
        tasks=(),
        models=(),
        alerts={},
        server=None,
        runs=(),
        outcomes=(),
        data=(),
        first=(),
        problems=(),
    )

    def said(self, *models, waiting=(), problems=()):
        glances = [
            ModelGlance(
                name=name,
                latest="1",
                in_use={},
                served=(),
                health=health,
                why="",
                alerts=0,
                rate=None,
                quality=(),
                drift=(),
                names={},
            )
            for name, health in models
        ]
        told = word_for(dataclasses.replace(self.HOME, models=glances, problems=problems), waiting)
        return told.sign, told.text

    def test_all_is_well(self):
        assert self.said(("loans", "healthy")) == (
            "ok",
            "All is well: the model loans is in order. Nothing waits for you.",
        )
        assert self.said(("a", "healthy"), ("b", ""))[1].startswith("All is well: the model a is in order")
        assert self.said(("a", ""))[1].startswith("Nothing is known to be wrong; no model has been watched yet.")

    def test_something_is_wrong(self):
        server = Waiting(kind="server", title="The prediction server does not answer", path="/", since=1.0)
        told = self.said(("loans", "failing"), ("taxi", "warning"), ("fares", "warning"), waiting=[server])
        assert told[0] == "critical"
        assert told[1].split(". ") == [
            "The prediction server does not answer",
            "The model loans is not in order",
            "The models taxi and fares should be looked at",
            "1 thing waits for you.",
        ]
        assert self.said(("loans", "silent"))[0] == "warning"

    def test_what_is_not_known_is_not_called_well(self):
        problem = Problem(part="monitoring", why="away", slow=False)
        assert self.said(("loans", "healthy"), problems=[problem])[1].startswith("Not everything")
