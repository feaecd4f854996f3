"""The page of a model and that of all: what stands on them, that it is safe, and that it stays small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from mainspring.monitoring.viewing import SeenWindow, Watch, view, view_overview

HOUR = 3600.0


class Reader(HTMLParser):
    """Tags that were opened and closed, ids, links to parts of the page, and the text."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.words = [], [], [], []

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and given.get("href", "").startswith("#"):
            self.links.append(given["href"][1:])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert not reader.open
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.links) <= set(reader.ids)
    return reader


def payload(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


@pytest.fixture(scope="module")
def html(watch: Watch) -> str:
    return view(watch, home="/").html


def test_the_page_says_how_the_model_stands(html: str) -> None:
    text = read(html).text
    assert "2 open alerts. The most pressing: column 'age' has drifted." in text
    assert "44 windows judged, 18 of them not in order; no data in 4 of 48 columns" in text
    for said in (
        "accuracy | sex=Female", "deployment 7 was applied by ann", "look upstream", "age +0.4", "asked for",
        "What stood in the way the last run was 8 h ago", "at most 0.03; 9", "age PSI",
    ):  # fmt: skip
        assert said in text, said


def test_the_page_is_whole_and_safe(html: str) -> None:
    assert "<Male>" not in html
    assert "sex=&lt;Male&gt;" in html
    assert "has drifted <most>" not in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_equal_values_give_an_equal_page(watch: Watch, html: str) -> None:
    assert view(watch, home="/").html == html


def test_every_chart_has_its_values_for_the_script_and_words_for_those_who_do_not_see(html: str) -> None:
    (canvas,) = payload(html)["canvases"]
    drawn = re.findall(
        r'<svg class="ms-pic plot" data-plot="(\w+)" role="img" tabindex="0" aria-label="([^"]+)"', html
    )
    assert {key for key, _ in drawn} == set(canvas["plots"])
    assert len(drawn) == len(canvas["plots"])
    told = next(label for _, label in drawn if label.startswith("drift/age"))
    assert re.search(r"last 0.2\d+, at most 0.03; past its limit in 18 of 44 columns", told)
    assert all(len(one["v"]) == canvas["columns"] == 48 for one in canvas["plots"].values())
    (both,) = [one for one in canvas["plots"].values() if "n" in one]
    assert both["n"] == ["realised", "estimated"]


def test_a_chart_marks_the_windows_that_are_past_their_limit(html: str) -> None:
    card = re.search(r'<figure class="card off">(?:(?!</figure>).)*?<bdi>age</bdi>.*?</figure>', html, re.DOTALL)[
        0
    ]
    assert 'class="past"' in card
    assert 'class="limit"' in card
    assert card.count("h0") == 18


def test_a_model_of_which_nothing_was_seen_has_a_page(watch: Watch) -> None:
    text = read(view(Watch(model="new")).html).text
    assert "No window was judged yet." in text
    quiet = replace(watch, alerts=(), windows=[*watch.windows[:5]], figures={}, latest=None)
    assert "The last window is in order, and no alert is open." in read(view(quiet).html).text


def test_a_page_of_many_figures_and_windows_stays_small(figure_over) -> None:
    hours = 24 * 90
    times = np.arange(hours) * HOUR
    random = np.random.default_rng(1)
    figures = {
        f"drift/x{place}": figure_over(np.abs(random.normal(size=hours)), most=9.0, times=times)
        for place in range(300)
    }
    windows = [SeenWindow(since=at, until=at + HOUR, ok=True) for at in times.tolist()]
    page = view(Watch(model="big", windows=windows, figures=figures, window=HOUR))
    assert len(page.html) < 1_000_000
    assert "50 more: mainspring monitor figures" in page.html
    assert payload(page.html)["canvases"][0]["columns"] == 120


def test_the_overview_puts_what_asks_for_attention_first(watch: Watch) -> None:
    calm = Watch(model="calm <1>", windows=watch.windows[:3])
    page = view_overview([calm, watch], links={"census": "/watch/models/census"})
    reader = read(page.html)
    assert reader.text.index("census critical") < reader.text.index("calm <1> in order")
    assert "Not in order: 1 of 2 models; 2 open alerts." in reader.text
    assert '<a href="/watch/models/census">' in page.html
    assert [len(one["plots"]) for one in payload(page.html)["canvases"]] == [4, 0]
    assert "No model is watched." in read(view_overview([]).html).text


def test_a_page_is_a_file_or_part_of_a_notebook(watch: Watch, tmp_path) -> None:
    page = view(watch)
    assert page.save(tmp_path / "census.html").read_text(encoding="utf-8") == page.html
    assert page._repr_html_().startswith('<iframe title="Mainspring watch"')
