"""Whatever changes something is in the trail, has a role, a command and a place on the pages, or a reason."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import click
import msgspec
import pytest

from mainspring.app.accounts import ForbiddenError, Outcome, Role
from mainspring.app.api.performing import perform
from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.cli.main import cli
from mainspring.core.errors import StateError

ALL = [one for subject in SUBJECTS for one in subject.operations.values()]
CHANGES = [one for one in ALL if one.changes]

NO_TRAIL = {
    "runs.plan": "tells what a run would do, and does nothing",
    "data.check_schema": "tells what is wrong with a text, and keeps nothing",
    "deployments.check": "tells what is wrong with a text, and keeps nothing",
    "monitoring.check_declaration": "tells what is wrong with a text, and keeps nothing",
    "models.predict": "asks a model, and keeps nothing",
    "models.explain": "asks a model, and keeps nothing",
    "models.otherwise": "asks a model, and keeps nothing",
    "reviews.next": "hands a row out for a quarter of an hour; every answer is in the trail",
}
NO_COMMAND = {
    "monitoring.save_declaration": "in a terminal the file is edited; mainspring monitor check reads it",
    "schedules.revive": "a wish that was given up is made anew in a terminal: mainspring monitor retrain",
    "users.end_session": "a session is known by the browser; mainspring users sign-out ends all of them",
}
NO_PAGE = {
    "models.move": "pages move aliases by promoting and by rolling back, which say where the alias was",
    "reviews.undo": "the page of answering leads back to the row itself",
}


def named(one):
    return one.name


def nothing(desk):
    return {}


def refusing(desk):
    raise StateError("it is not in that state")


@pytest.mark.parametrize("asked", CHANGES, ids=named)
def test_it_is_in_the_trail_whatever_came_of_it(using, tmp_path, asked):
    if asked.name in NO_TRAIL:
        assert not asked.audited
        return
    used = using(tmp_path, role=asked.role)
    bare = dataclasses.replace(asked, inputs=msgspec.defstruct("Nothing", []), function=nothing)
    perform(used.desk, bare, {})
    with pytest.raises(StateError):
        perform(used.desk, dataclasses.replace(bare, function=refusing), {})
    outcomes = [Outcome.DONE, Outcome.FAILED]
    if asked.role is not Role.VIEWER:
        used.somebody.role = list(Role)[list(Role).index(asked.role) - 1]
        with pytest.raises(ForbiddenError):
            perform(used.desk, bare, {})
        outcomes.append(Outcome.REFUSED)
    told = used.trail.entries
    assert [(one.operation, one.who, one.outcome) for one in told] == [
        (asked.name, "ada", one) for one in outcomes
    ]


@pytest.mark.parametrize("asked", CHANGES, ids=named)
def test_it_has_a_command(asked):
    assert bool(asked.command) is not (asked.name in NO_COMMAND)


def test_what_has_no_trail_no_command_or_no_page_is_an_operation_that_changes_something():
    known = {one.name for one in CHANGES}
    assert {*NO_TRAIL, *NO_COMMAND, *NO_PAGE} <= known


@pytest.mark.parametrize("asked", [one for one in ALL if one.command], ids=named)
def test_its_command_is_one_with_options_that_it_has(asked):
    words = shlex.split(re.sub(r"\{(\w+)\}", r"\1", asked.command))
    assert words[0] == "mainspring"
    command, rest = _command(words[1:])
    options = {one for each in command.params for one in (*each.opts, *each.secondary_opts)}
    assert {word for word in rest if word.startswith("--")} <= options
    given = {word for word in rest if word.startswith("-")}
    missing = [
        each.name
        for each in command.params
        if isinstance(each, click.Option) and each.required and not given & {*each.opts}
    ]
    assert missing == []
    places = [each for each in command.params if isinstance(each, click.Argument) and each.required]
    assert len([word for word in rest if not word.startswith("-")]) >= len(places)


def _command(words):
    """The command that is meant, and what stands behind it."""
    found = cli
    while isinstance(found, click.Group):
        context = click.Context(found)
        inner = found.get_command(context, words[0]) if words else None
        default = getattr(found, "default", "")
        if inner is not None:
            words = words[1:]
        elif default:
            inner = found.get_command(context, default)
        else:
            return found, words
        found = inner
    return found, words


PAGES = Path(__file__).parents[4] / "src" / "mainspring" / "app" / "web"


@pytest.fixture(scope="module")
def pages():
    """All that pages and their scripts are made of."""
    return {
        kind: "\n".join(one.read_text("utf-8") for one in PAGES.rglob(f"*.{kind}")) for kind in ("j2", "js", "py")
    }


@pytest.mark.parametrize("asked", CHANGES, ids=named)
def test_it_has_a_place_on_the_pages(asked, pages):
    by_form = asked.name in pages["j2"] + pages["py"]
    by_page = re.search(rf"\bask\(\s*(?:\w+\.)?{asked.function.__name__}\b", pages["py"]) is not None
    by_script = re.search(rf'/{re.escape(asked.path.rpartition("/")[2])}"', pages["js"]) is not None
    assert (by_form or by_page or by_script) is not (asked.name in NO_PAGE)
