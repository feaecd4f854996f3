"""The audit trail: written by many, found again, whole or not."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import re
from dataclasses import replace

import pytest
from tests.unit.app.console.accounts_world import model
from tests.unit.app.console.conftest import words_of

from mainspring.app import platform
from mainspring.app.accounts import Entry, Outcome, Role, Way
from mainspring.app.accounts.book import ENTRY, Book, Head
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.accounts.lines import linked, plain
from mainspring.core import plugins
from mainspring.core.records import Kind


def entry(number=0, **changes):
    told = Entry(
        at=1_800_000_000.0 + number,
        who="ada",
        way=Way.SESSION,
        address="10.0.0.1",
        operation="runs.cancel",
        given={"run": f"census-{number}", "reason": "it was the wrong data"},
        outcome=Outcome.DONE,
    )
    return replace(told, **changes)


@pytest.fixture
def record(tmp_path):
    return plugins.load("stores", "sqlite")(f"sqlite:///{tmp_path}/record.db")


@pytest.fixture
def book(record):
    return Book(record)


def nodes(record):
    return list(record.find(Kind.EXECUTION, "type = :t", {"t": ENTRY}, limit=1000).items)


def test_what_was_written_is_read_again(book):
    book.write(entry(1))
    book.write(entry(2, who="bob", outcome=Outcome.REFUSED, why="bob is a viewer"))
    first, second = book.all()
    assert first.entry == entry(1)
    assert (second.number, second.before) == (2, first.digest)
    assert second.digest == linked(first.digest, nodes(book._record)[1].custom["line"])
    assert book.head() == Head(2, second.digest)
    assert list(book.breaks(book.head())) == []


def test_what_no_database_keeps_is_written_all_the_same(book):
    strange = {"nul": "a\0b", "nan": float("nan"), "big": 2**80, "half": "\ud800", "long": "x" * 5000, "set": {1}}
    book.write(
        entry(given={**strange, "deep": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, "rows": list(range(500))})
    )
    (kept,) = book.all()
    assert kept.entry.given["nan"] is None
    assert kept.entry.given["nul"] == "a\ufffdb"
    assert kept.entry.given["big"] == str(2**80)
    assert kept.entry.given["long"].endswith("… (5000 characters)")
    assert kept.entry.given["rows"][-1] == "… 450 more"
    assert list(book.breaks()) == []


def test_an_entry_of_a_megabyte_is_cut():
    assert len(json.dumps(plain({f"a{number}": "x" * 900 for number in range(3000)}))) < 60_000


def _write_many(url, who, count):
    mine = Book(plugins.load("stores", "sqlite")(url))
    for number in range(count):
        mine.write(entry(number, who=who))


def test_many_processes_write_one_chain(tmp_path):
    url = f"sqlite:///{tmp_path}/record.db"
    Book(plugins.load("stores", "sqlite")(url)).head()
    context = multiprocessing.get_context("fork")
    several = [context.Process(target=_write_many, args=(url, f"p{number}", 15)) for number in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    book = Book(plugins.load("stores", "sqlite")(url))
    assert book.head().number == 45
    assert list(book.breaks()) == []
    assert {one.entry.who for one in book.all()} == {"p0", "p1", "p2"}


def test_an_entry_that_was_changed_is_found(book, record):
    for number in range(4):
        book.write(entry(number))
    second = nodes(record)[1]
    line = second.custom["line"].replace("census-1", "census-9")
    record.publish([replace(second, custom={**second.custom, "line": line})])
    assert [(one.number, one.found) for one in book.breaks()] == [(2, "it was changed after it was written")]


def test_an_entry_that_was_changed_with_its_digest_is_found_by_the_next(book, record):
    for number in range(4):
        book.write(entry(number))
    second = nodes(record)[1]
    line = second.custom["line"].replace("census-1", "census-9")
    forged = {**second.custom, "line": line, "digest": linked(second.custom["before"], line)}
    record.publish([replace(second, custom=forged)])
    assert [one.number for one in book.breaks()] == [3]


def test_an_entry_that_is_missing_is_found(book, record):
    for number in range(4):
        book.write(entry(number))
    record.delete(Kind.EXECUTION, [nodes(record)[1].id])
    assert next(one.number for one in book.breaks()) == 2


def test_what_an_entry_is_found_by_cannot_be_changed_unseen(book, record):
    book.write(entry(1, outcome=Outcome.REFUSED))
    (only,) = nodes(record)
    record.publish([replace(only, properties={**only.properties, "who": "bob"})])
    assert "found by" in next(iter(book.breaks())).found


@pytest.mark.parametrize("spoilt", [0, 2])
def test_an_entry_that_cannot_be_read_any_more_stops_nobody_and_is_found(book, record, spoilt):
    for number in range(3):
        book.write(entry(number))
    one = nodes(record)[spoilt]
    record.publish([replace(one, custom={**one.custom, "line": "{"})])
    book = Book(record)
    book.write(entry(3))
    assert book.head().number == 4
    assert [each.entry.given["run"] for each in book.find(limit=10)] == [
        f"census-{number}" for number in (3, 2, 1, 0) if number != spoilt
    ]
    assert [(each.number, each.id) for each in book.breaks()] == [(spoilt + 1, one.id)]


def test_an_end_that_was_noted_down_shows_that_the_trail_was_cut_or_written_anew(tmp_path):
    def fresh(name, several):
        made = Book(plugins.load("stores", "sqlite")(f"sqlite:///{tmp_path}/{name}.db"))
        for one in several:
            made.write(one)
        return made

    noted = fresh("a", [entry(1), entry(2), entry(3)]).head()
    cut = fresh("b", [entry(1), entry(2)])
    anew = fresh("c", [entry(1), entry(2, who="bob"), entry(3)])
    assert list(cut.breaks()) == []
    assert list(anew.breaks()) == []
    assert [one.found for one in cut.breaks(noted)] == ["the entry that was noted down is not there any more"]
    assert [one.found for one in anew.breaks(noted)] == ["it is not the entry that was noted down"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A project with entries, and with decisions that were made without the console."""
    folder = tmp_path_factory.mktemp("audited")
    with platform.open(folder) as opened:
        model(opened)
        model(opened, 1)
        opened.models.promote("loans", "1.0.0", to="production", by="ann", comment="the slices are fine")
        opened.models.promote("loans", "1.0.1", to="production", by="ann", comment="better")
        opened.models.rollback("loans", "production", by="ben", reason="it was slow")
        book = accounts_of(opened).book
        for number in range(60):
            book.write(entry(number, at=entry(number).at))
        refused = "eve is a viewer, and may not"
        book.write(entry(60, who="eve", operation="models.promote", outcome=Outcome.REFUSED, why=refused,
                         given={"model": "loans", "version": "1.0.1", "comment": "=HYPERLINK(1)"}))  # fmt: skip
        book.write(
            entry(61, who="bob", way=Way.TOKEN, operation="runs.start", outcome=Outcome.FAILED, why="no data")
        )
    return folder


def test_the_list_has_requests_and_decisions_and_goes_on_page_by_page(using, world):
    used = using(world)
    seen, before = [], ""
    while True:
        part = used.get("/audit", limit=7, **({"before": before} if before else {}))
        seen += [one["id"] for one in part["lines"]]
        before = part["earlier"]
        if not before:
            break
    assert len(seen) == len(set(seen))
    decisions = used.get("/audit", sort="decision", limit=100)["lines"]
    assert len(seen) == 62 + len(decisions)
    told = [(one["who"], one["operation"], one["about"]) for one in decisions]
    assert ("ben", "alias.rollback", "loans@production") in told
    assert ("ann", "alias.move", "loans@production") in told


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"who": "eve"}, 1),
        ({"who": "ben"}, 1),
        ({"operation": "runs."}, 61),
        ({"operation": "runs.start"}, 1),
        ({"outcome": "refused"}, 1),
        ({"outcome": "failed"}, 1),
        ({"text": "CENSUS-59"}, 1),
        ({"text": "was slow"}, 1),
        ({"text": "100%"}, 0),
        ({"since": "2001-01-01", "until": "2002-01-01"}, 0),
        ({"sort": "request", "since": "2001-01-01"}, 62),
    ],
)
def test_the_list_is_filtered(using, world, query, count):
    assert len(using(world).get("/audit", limit=200, **query)["lines"]) == count


def test_a_filter_that_is_none_is_explained(using, world):
    told = using(world).get("/audit", status=400, since="last week")["error"]
    assert "ISO 8601" in told["expected"]
    assert using(world).get("/audit", status=400, before="x1")["error"]["code"] == "INVALID_INPUT"


def test_the_page_leads_to_what_lines_are_about(using, world):
    html = using(world).page("/audit?who=eve")
    assert 'href="/models/loans/versions/1.0.1"' in html
    assert "eve is a viewer, and may not" in words_of(html)
    assert "62 entries in the trail" in words_of(html)


def test_the_list_is_written_out_and_no_cell_is_a_formula(using, world):
    used = using(world)
    answer = used.client.get("/audit/export?layout=csv&who=eve")
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["who"], row["outcome"], row["about"]) == ("eve", "refused", "loans:1.0.1")
    every = used.client.get("/audit/export").text.splitlines()
    assert len(every) == len(used.get("/audit", limit=1000)["lines"])
    assert json.loads(every[-1])["sort"] == "decision"
    assert used.trail.entries[-1].operation == "audit.export"


def test_a_cell_that_a_spreadsheet_would_compute_is_a_text(using, tmp_path):
    used = using(tmp_path)
    accounts_of(used.opened).book.write(entry(who="=cmd()"))
    assert "'=cmd()" in used.client.get("/audit/export?layout=csv").text


def test_whether_it_is_whole_is_told_by_the_page_and_over_http(using, world):
    used = using(world)
    told = used.get("/audit-verify")
    assert told["whole"]
    assert told["entries"] == 62
    assert "Whole" in words_of(used.page("/audit/chain"))
    again = used.page(f"/audit/chain?head=62:{'0' * 64}")
    assert "it is not the entry that was noted down" in words_of(again)
    assert used.get("/audit-verify", status=400, head="x")["error"]["code"] == "INVALID_INPUT"


def test_the_page_leads_to_the_place_that_was_changed(using, tmp_path):
    used = using(tmp_path)
    book = accounts_of(used.opened).book
    for number in range(4):
        book.write(entry(number))
    second = nodes(book._record)[1]
    line = second.custom["line"].replace("census-1", "census-9")
    book._record.publish([replace(second, custom={**second.custom, "line": line})])
    html = used.page("/audit/chain")
    (there,) = re.findall(r'<a href="([^"]+)">Entry 2</a>: it was changed', html)
    shown = words_of(used.page(there.replace("&amp;", "&")))
    assert "census-9" in shown
    assert "census-2" not in shown


def test_what_operations_do_is_in_the_trail_of_the_record(using, tmp_path):
    used = using(tmp_path, role=Role.VIEWER)
    used.post("/users", {"user": "x", "password": "never written down"}, status=403)
    (told,) = used.trail.entries
    assert told.outcome is Outcome.REFUSED
    assert "never written down" not in str(told)


@pytest.mark.slow
def test_fifty_thousand_entries_are_listed_at_once(using, tmp_path):
    import time

    used = using(tmp_path)
    book = accounts_of(used.opened).book
    book.write(entry(0))
    for start in range(1, 50_000, 5_000):
        _fill(book, start, min(5_000, 50_000 - start))
    begun = time.perf_counter()
    html = used.page("/audit")
    listed = time.perf_counter() - begun
    assert "50,000 entries" in words_of(html)
    assert list(book.breaks()) == []
    print(f"the page took {listed * 1000:.0f} ms")


def _fill(book, start, count):
    """Many entries in one transaction, chained as the book does."""
    from mainspring.app.accounts.book import _node

    last, several = book.head(), []
    for number in range(start, start + count):
        made = _node(last, entry(number, who=f"user{number % 50}"))
        several.append(made)
        last = Head(last.number + 1, made.custom["digest"])
    book._record.publish(several)
    book._last = None
