"""The page as a whole: what it says, that it is well-formed, closed to the outside, and the same every time."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mainspring.app.reporting import write_report

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
ASKING = ("src", "href", "action", "srcset", "poster", "data")


class Page(HTMLParser):
    """Checks that tags are balanced, ids unique and references inside; keeps the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.references += [str(given[name]) for name in ASKING if given.get(name)]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

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


def checked(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for reference in page.references:
        assert reference == "data:," or reference.removeprefix("#") in page.ids, reference
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert not re.search(r"""(?:src|href|url|@import)\s*[=(]?\s*["']?\s*(?:https?:)?//""", text)
    assert "<script>alert(" not in text
    assert "<img" not in text
    return page


def test_a_run_with_data_and_metrics(told, rows: Path, tmp_path: Path) -> None:
    opened, story = told("data")
    target = write_report(opened, story, tmp_path / "out/report.html")
    page = checked(target)
    assert target == tmp_path / "out/report.html"
    for words in (
        "Both gates said yes: all 7 steps are done.",
        "What the gates said",
        "the evaluation was read",
        "METRIC_BOUND",
        "Classification of label, class yes",
        "By slice, the worst AUC first",
        "city=Genève",
        "240 rows of 4 columns.",
        "<script>alert(1)</script>",
        "def guess(examples",
        "data.csv",
        "mean 8.",
        "Baseline",
        "better",
    ):
        assert words in page.text, words
    assert [one for one in target.parent.iterdir() if one != target] == []


def test_the_same_run_gives_the_same_page(told, rows: Path, tmp_path: Path) -> None:
    opened, story = told("data")
    one, other = (write_report(opened, story, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert one == other


def test_a_refusal_stands_in_the_headline_and_failures_come_first(told, rows: Path, tmp_path: Path) -> None:
    opened, story = told("data", least=1.5)
    text = checked(write_report(opened, story, tmp_path / "r.html")).text
    assert (
        "The run is held: model gate said no (auc 0." in text
        or "but nothing was released: model gate said no" in text
    )
    assert text.index("METRIC_BOUND") < text.index("LOOKED")
    assert text.index("model gate no") < text.index("data validation yes")


def test_a_run_that_has_nothing_to_do_with_models(told, tmp_path: Path) -> None:
    opened, story = told("words")
    page = checked(write_report(opened, story, tmp_path / "r.html"))
    assert "The run finished: all 2 steps are done." in page.text
    for section in ("How good the model is", "The data", "The proof", "What the gates said"):
        assert section not in page.text


def test_a_run_that_failed_says_where_and_why(told, tmp_path: Path) -> None:
    opened, story = told("breaking")
    text = checked(write_report(opened, story, tmp_path / "r.html")).text
    assert "The run failed at “broken”:" in text
    assert "no such luck <img src=x>" in text
    assert f"mainspring resume {story.name}" in text


def test_a_run_that_waits_shows_the_question_and_then_the_signature(told, tmp_path: Path) -> None:
    opened, story = told("words", ask=True)
    text = checked(write_report(opened, story, tmp_path / "r.html")).text
    assert "The run waits for a person to answer: Shall we <b>shout</b>?" in text
    assert "nobody has answered yet" in text
    opened.pipelines.approve(story.name, by="Ada", reason="it is <late>")
    opened.pipelines.resume(story.name)
    from mainspring.app import stories

    again = stories.tell(opened.pipelines.records, opened.store.blobs, story.name)
    text = checked(write_report(opened, again, tmp_path / "r.html")).text
    assert "Signed by Ada yes" in " ".join(re.sub(r"Signed by\s*Ada", "Signed by Ada ", text).split())
    assert "it is <late>" in text


def test_bytes_that_were_removed_are_named_and_nothing_breaks(told, rows: Path, tmp_path: Path) -> None:
    opened, story = told("data")
    opened.store.blobs.collect(set(), older_than=0.0)
    text = checked(write_report(opened, story, tmp_path / "r.html")).text
    assert "No longer kept" in text
    assert "The statistics of step statistics" in text
    assert "Its reasons are no longer kept." in text
    assert "The code as it was is no longer kept" in text


@pytest.mark.parametrize("name", ["run", "latest"])
def test_a_page_that_is_there_is_replaced(told, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"{name}.html"
    target.write_text("old", encoding="utf-8")
    opened, story = told("words")
    assert "old" not in write_report(opened, story, target).read_text(encoding="utf-8")[:3]
    assert target.stat().st_mode & 0o777 == 0o644
