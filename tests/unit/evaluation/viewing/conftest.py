"""Small evaluations, worked out by hand where a test needs their figures."""

import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Evaluation, Predictions, evaluate

Judged = Callable[[list[float]], Evaluation]
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class Elements(HTMLParser):
    """What a page holds, as a browser would read it; checks that it is balanced."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join("".join(self.words).split())

    def all(self, name: str) -> list[str]:
        """The values of an attribute."""
        return [str(given[name]) for _, given in self.found if given.get(name)]


@pytest.fixture
def checked() -> Callable[[str], Elements]:
    """Reads a page and finds it well-formed."""
    return _checked


def _checked(page: str) -> Elements:
    """A page that is well-formed: ids are unique, references lead somewhere, headings skip no level."""
    elements = Elements(page)
    ids = elements.all("id")
    assert len(ids) == len(set(ids))
    for reference in [*elements.all("href"), *(f"#{name}" for name in elements.all("for"))]:
        assert reference == "data:," or reference.removeprefix("#") in ids, reference
    for names in elements.all("aria-labelledby"):
        assert set(names.split()) <= set(ids)
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    return elements


@pytest.fixture
def judged() -> Judged:
    """Forty rows in two cities: the scores of four rows, ten times; the second and the fourth are positive."""

    def made(scores: list[float]) -> Evaluation:
        table = Table.from_columns({"city": ["a", "a", "b", "b"] * 10, "label": ["no", "yes", "no", "yes"] * 10})
        positive = np.array(scores * 10)
        predictions = Predictions(("no", "yes"), np.column_stack([1 - positive, positive]))
        return evaluate(predictions, table, label="label", slices=["city"], min_slice_size=1)

    return made


@pytest.fixture
def three() -> Evaluation:
    """Thirty rows of three classes; every c is taken for b."""
    table = Table.from_columns({"label": ["a", "b", "c"] * 10})
    scores = np.tile([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3]], (10, 1))
    return evaluate(Predictions(("a", "b", "c"), scores), table, label="label")


@pytest.fixture
def fares() -> Evaluation:
    """A regression that is one too high everywhere."""
    values = np.arange(40.0)
    table = Table.from_columns({"fare": values.tolist(), "zone": ["x", "y"] * 20})
    return evaluate(Predictions(None, values + 1), table, label="fare", slices=["zone"], min_slice_size=1)


@pytest.fixture
def nothing() -> Evaluation:
    """No row has a label."""
    table = Table.from_columns({"label": [None, None], "city": ["a", "b"]})
    table = table.sql("SELECT label::VARCHAR AS label, city FROM this")
    return evaluate(Predictions(("no", "yes"), np.full((2, 2), 0.5)), table, label="label", slices=["city"])
