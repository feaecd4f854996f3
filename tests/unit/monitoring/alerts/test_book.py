"""The book of alerts: windows in, messages out, people in between, and processes that die."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from mainspring.core.errors import InputError, NotFoundError, StateError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.alerts import AlertBook, AlertOptions, Cause, Destination, Severity, State, journal
from mainspring.monitoring.alerts.contents import Notice
from mainspring.monitoring.seen import Judged

HOUR = 3600.0


class Collected:
    """Takes messages, unless it is told not to."""

    def __init__(self) -> None:
        self.messages = []
        self.fails = False

    def __call__(self, destination):
        def send(url, message, *, secret=""):
            if self.fails:
                raise StateError(f"no route to {url}")
            self.messages.append(message)

        return send

    @property
    def subjects(self):
        return [one.subject for one in self.messages]


@pytest.fixture
def sent():
    return Collected()


@pytest.fixture
def book(tmp_path, clock):
    return AlertBook(tmp_path / "alerts", clock=clock)


@pytest.fixture
def run(book, clock, window, judged, sent):
    """Takes windows with figures, one after the other, and delivers; gives what happened in each."""

    def go(values, options, start=0, **more):
        told = []
        for number, value in enumerate(values, start=start):
            clock.at = (number + 1) * HOUR
            figures = value if isinstance(value, dict) else {"age": value}
            made = book.take("census", "1", window(number), {"drift": judged(figures)}, options, **more)
            book.deliver("census", options, senders=sent)
            told.append([one.kind for one in made])
        return told

    return go


TO = ("https://example.org/in",)


def test_an_alert_fires_resolves_and_is_told_of_both(run, book, sent):
    told = run([0.05, 0.3, 0.3, 0.05, 0.05], AlertOptions(to=TO))
    assert told == [[], ["fired"], [], [], ["resolved"]]
    assert sent.subjects == ["[warning] census: drift of age fires", "[resolved] census: drift of age is over"]
    [alert] = book.alerts(states=list(State))
    assert (alert.state, alert.windows, alert.since, alert.last_seen) == (State.RESOLVED, 2, HOUR, 3 * HOUR)
    assert (alert.value, alert.limit, alert.code, alert.features) == (0.3, 0.1, "DRIFT", ("age",))
    assert alert.effect == pytest.approx(3)
    assert book.alerts() == []


def test_k_of_n_windows_must_be_bad_before_anybody_is_told(run, book, sent):
    options = AlertOptions(to=TO, for_windows=2, of_windows=3)
    assert run([0.3, 0.05], options) == [[], []]
    [alert] = book.alerts(states=[State.PENDING])
    assert alert.windows == 1
    assert run([0.3], options, start=2) == [["fired"]]
    assert len(sent.messages) == 1
    run([0.05, 0.05], options, start=3)
    assert run([0.3, 0.05, 0.05, 0.05], AlertOptions(for_windows=2), start=50) == [[], [], [], []]
    assert [one.state for one in book.alerts(states=[State.PENDING])] == []


def test_taking_a_window_twice_changes_nothing(run, book, window, judged):
    options = AlertOptions(to=TO, for_windows=2)
    run([0.3, 0.3], options)
    before = (book.alerts(), book.history(), book.waiting())
    for number in (0, 1, 1):
        assert book.take("census", "1", window(number), {"drift": judged({"age": 0.3})}, options) == []
    assert (book.alerts(), book.history(), book.waiting()) == before


def test_a_window_that_is_judged_late_is_put_where_it_belongs(book, clock, window, judged):
    options = AlertOptions(for_windows=2)
    quality = {"quality": judged({"accuracy": 0.3}, check="quality")}
    nothing = Reason(ok=True, code="TOO_FEW_LABELS", message="3 labels", subject="accuracy")
    empty = {"quality": Judged(verdict=Verdict.of("quality", [nothing]))}
    for number in range(3):
        assert book.take("census", "1", window(number), empty, options) == []
    assert book.take("census", "1", window(2), quality, options) == []
    assert [one.kind for one in book.take("census", "1", window(1), quality, options)] == ["fired"]
    [alert] = book.alerts()
    assert [one.since for one in alert.outcomes] == [HOUR, 2 * HOUR]
    assert alert.windows == 2
    # What was bad turns out to be good when the rest of the labels come.
    good = {"quality": judged({"accuracy": 0.05}, check="quality")}
    assert book.take("census", "1", window(1), good, options) == []
    assert [one.kind for one in book.take("census", "1", window(2), good, options)] == ["resolved"]


def test_a_window_in_which_nothing_is_known_says_nothing(run, book, clock, window):
    run([0.3], AlertOptions())
    few = Reason(ok=True, code="TOO_FEW_ROWS", message="7 rows", observed=7)
    for number in range(1, 9):
        book.take(
            "census", "1", window(number), {"drift": Judged(verdict=Verdict.of("drift", [few]))}, AlertOptions()
        )
    [alert] = book.alerts()
    assert len(alert.outcomes) == 1


def test_what_begins_again_soon_is_the_same_alert(run, book):
    options = AlertOptions(resolve_windows=1, reopen="6h")
    assert run([0.3, 0.05, 0.3], options) == [["fired"], ["resolved"], ["reopened"]]
    [alert] = book.alerts()
    assert (alert.state, len(alert.reopened), alert.windows) == (State.FIRING, 1, 2)
    run([0.05], options, start=3)
    assert run([0.3], options, start=40) == [["fired"]]
    assert len(book.alerts(states=list(State))) == 2


def test_an_alert_that_comes_and_goes_is_told_of_once_more_and_then_no_more(run, book, sent):
    options = AlertOptions(to=TO, resolve_windows=1, flaps=2, flap_time="1d")
    run([0.3, 0.05] * 6, options)
    assert [subject.partition("age ")[2] for subject in sent.subjects] == [
        "fires",
        "is over",
        "fires again",
        "is over",
        "comes and goes, and is not told any more until it is steady",
    ]
    [alert] = book.alerts(states=list(State))
    assert alert.flapping
    run([0.05] * 2, options, start=12)
    # Steady for longer than a day: told again.
    run([0.3], options, start=40)
    assert sent.subjects[-1].endswith("fires")


def test_somebody_takes_care_until_it_gets_worse(run, book, clock, sent):
    options = AlertOptions(to=TO, repeat="2h", worse=0.5)
    run([0.2], options)
    [alert] = book.acknowledge([book.alerts()[0].id[:4]], by="ann", note="asked the owner")
    assert (alert.state, alert.acknowledged.by) == (State.ACKNOWLEDGED, "ann")
    assert run([0.2, 0.25, 0.25, 0.2], options, start=1) == [[], [], [], []]
    assert len(sent.messages) == 1
    assert run([0.35], options, start=5) == [["worse"]]
    [alert] = book.alerts()
    assert (alert.state, alert.acknowledged) == (State.FIRING, None)
    assert sent.subjects[-1] == "[warning] census: drift of age got worse"
    assert [(one.kind, one.by, one.why) for one in book.history()][1] == ("acknowledged", "ann", "asked the owner")


def test_what_nobody_takes_care_of_is_told_again(run, sent):
    run([0.2] * 7, AlertOptions(to=TO, repeat="3h"))
    assert [one.partition("age ")[2] for one in sent.subjects] == ["fires", "still fires", "still fires"]


def test_a_silence_holds_back_messages_and_nothing_else(run, book, clock, sent):
    options = AlertOptions(to=TO)
    silence = book.silence({"check": "drift", "subject": "a*"}, until=3 * HOUR, by="ann", why="known")
    assert run([{"age": 0.3, "fare": 0.3}], options) == [["fired", "fired"]]
    assert sent.subjects == ["[warning] census: drift of fare fires"]
    assert {one.subject: one.silenced for one in book.alerts()} == {"age": silence.id, "fare": ""}
    run([{"age": 0.3, "fare": 0.3}], options, start=1)
    assert len(sent.messages) == 1
    run([{"age": 0.3, "fare": 0.3}] * 2, options, start=2)
    assert "age" in sent.messages[-1].plain
    assert book.silences() == []


def test_a_silence_that_is_ended_lets_out_what_it_held_back(run, book, clock, sent):
    options = AlertOptions(to=TO)
    silence = book.silence({"model": "census"}, until=1e9, by="ann", why="moving house")
    run([0.3], options)
    assert sent.messages == []
    book.unsilence(silence.id, by="ann")
    book.deliver("census", options, senders=sent)
    assert sent.subjects == ["[warning] census: drift of age fires"]
    kinds = [one.kind for one in book.history()]
    assert kinds == ["silenced", "fired", "unsilenced", "unsilenced"]


def test_a_silence_about_everything_is_none(book):
    with pytest.raises(InputError, match="which alerts it is about") as caught:
        book.silence({}, until=-1, by="", why=" ")
    assert "does not say why" in str(caught.value)
    with pytest.raises(InputError, match="'colour' is nothing that alerts have"):
        book.silence({"colour": "red"}, until=10, by="ann", why="because")
    with pytest.raises(NotFoundError, match="no silence 's9'"):
        book.unsilence("s9", by="ann")


def test_what_is_resolved_by_hand_fires_again_only_with_new_windows(run, book, window, judged, sent):
    options = AlertOptions(to=TO)
    run([0.3], options)
    book.resolve([book.alerts()[0].id], by="ann", why="mended")
    assert book.take("census", "1", window(0), {"drift": judged({"age": 0.3})}, options) == []
    assert book.alerts() == []
    assert run([0.3], options, start=1) == [["reopened"]]
    with pytest.raises(StateError, match="nothing can be acknowledged"):
        book.acknowledge([book.resolve([book.alerts()[0].id], by="ann")[0].id], by="ann")


def test_a_lost_source_that_takes_thirty_columns_with_it_is_one_message(run, book, sent):
    run([{f"c{number}": 0.5 for number in range(30)}], AlertOptions(to=TO))
    assert len(book.alerts()) == 30
    assert sent.subjects == ["[warning] census: 30 alerts, first drift of c0 fires"] or len(sent.messages) == 1
    assert len({one.group for one in book.alerts()}) == 1
    assert "and 20 more" in sent.messages[0].plain


def test_alerts_with_different_causes_are_different_messages(run, book, sent):
    class ByTime:
        asked = 0

        def find(self, model, version, since, *, lookback, window):
            self.asked += 1
            key = "deployment:7" if since < HOUR else "data:9"
            return [Cause(kind="data", key=key, at=since, what=f"{key} came", score=0.9)]

    causes = ByTime()
    few = {f"c{number}": 0.5 for number in range(3)}
    run([few, {**few, "d1": 0.5, "d2": 0.5}], AlertOptions(to=TO), causes=causes)
    assert [len(one.told) for one in sent.messages] == [3, 2]
    assert "perhaps because: deployment:7 came" in sent.messages[0].plain
    assert causes.asked == 2


def test_since_when_is_walked_back_in_the_history(book, window, judged, tmp_path):
    from mainspring.monitoring.profiles import FigureHistory
    from mainspring.monitoring.seen import Figure

    history = FigureHistory(tmp_path / "history")
    for number in range(30):
        history.append(number * HOUR, {"drift/age": Figure(value=0.02 if number < 24 else 0.08, most=0.1)})
    book.take("census", "1", window(30), {"drift": judged({"age": 0.3})}, AlertOptions(), history=history)
    [alert] = book.alerts()
    assert (alert.since, alert.began, alert.usual) == (24 * HOUR, 30 * HOUR, 0.02)


def test_a_figure_within_its_limit_that_is_unlike_its_past_is_a_lesser_alert(book, window, judged, tmp_path):
    from mainspring.monitoring.profiles import FigureHistory
    from mainspring.monitoring.seen import Figure

    history = FigureHistory(tmp_path / "history")
    for number in range(60):
        history.append(number * HOUR, {"drift/age": Figure(value=0.01 + 0.001 * (number % 3), most=0.1)})
    take = [
        book.take(
            "census", "1", window(60 + n), {"drift": judged({"age": value})}, AlertOptions(), history=history
        )
        for n, value in enumerate([0.012, 0.09, 0.2, 0.012, 0.012])
    ]
    assert [[one.kind for one in each] for each in take] == [[], ["fired"], ["worse"], [], ["resolved"]]
    fired, worse = take[1][0].alert, take[2][0].alert
    assert (fired.code, fired.severity, fired.unusual) == ("UNUSUAL", Severity.INFO, True)
    assert (worse.code, worse.severity, worse.unusual) == ("DRIFT", Severity.WARNING, False)
    assert fired.id == worse.id
    quiet = AlertOptions.read({"adaptive": {"on": False}})
    assert book.take("other", "1", window(61), {"drift": judged({"age": 0.09})}, quiet, history=history) == []


def test_rows_are_shown_with_their_explanations_and_without_what_is_private(book, window, judged):
    def explain(rows, version):
        assert version == "1"
        return [{"sex": 0.1, "age": -0.4}] * rows.num_rows

    options = AlertOptions(private=("s*",), examples=1)
    judged_ = {"drift": judged({"age": 0.3}, rows=[1, 0, 7])}
    book.take("census", "1", window(0), judged_, options, explain=explain)
    [example] = book.alerts()[0].examples
    assert (example.row, example.request) == (1, "r2")
    assert example.values == {"age": 99.0, "sex": "***"}
    assert list(example.contributions.items()) == [("age", -0.4), ("sex", 0.1)]


def test_a_message_that_is_not_taken_is_tried_again_and_given_up_at_last(run, book, clock, sent):
    options = AlertOptions(to=TO)
    sent.fails = True
    run([0.3], options)
    [waiting] = book.waiting()
    assert isinstance(waiting, Notice)
    assert (waiting.attempts, waiting.due) == (1, clock.at + 30)
    sent.fails = False
    book.deliver("census", options, senders=sent)
    assert sent.messages == []
    clock.at += 30
    [made] = book.deliver("census", options, senders=sent)
    assert made.ok
    assert book.waiting() == []
    sent.fails = True
    run([0.05, 0.05], options, start=1)
    tried = []
    for _ in range(9):
        clock.at += 3600
        tried += book.deliver("census", options, senders=sent)
    assert [one.given_up for one in tried] == [False] * 6 + [True]
    assert book.history()[-1].kind == "undelivered"
    assert book.waiting() == []


def test_an_error_does_not_tell_the_secret_of_an_address(run, book, sent, monkeypatch, caplog):
    monkeypatch.setenv("HOOK", "tok-123456")
    sent.fails = True
    options = AlertOptions(to=(Destination(url="https://example.org/in/${HOOK}"),))
    run([0.3], options)
    text = caplog.text + "".join(path.read_text() for path in book.folder.glob("*") if path.is_file())
    assert "no route" in text
    assert "tok-123456" not in text


def test_who_is_told_nothing_any_more_has_no_messages_waiting(run, book, sent):
    sent.fails = True
    run([0.3], AlertOptions(to=TO))
    assert len(book.waiting()) == 1
    book.deliver("census", AlertOptions(), senders=sent)
    assert book.waiting() == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import AlertBook, AlertOptions
from mainspring.monitoring.seen import Judged
from mainspring.monitoring.windows import Window

def send(url, message, *, secret=""):
    with open(sys.argv[2], "a") as file:
        file.write(message.id + "\\n")
    if sys.argv[3] == "after":
        os.kill(os.getpid(), signal.SIGKILL)

book = AlertBook(Path(sys.argv[1]), clock=lambda: 5000.0)
table = Table.from_columns({"age": [1.0]})
window = Window(since=0.0, until=3600.0, table=table, requests=1, errors=0, complete=True)
reason = Reason(ok=False, code="DRIFT", message="far", subject="age", observed=0.3, expected=0.1)
options = AlertOptions(to=("https://example.org/in",))
book.take("census", "1", window, {"drift": Judged(verdict=Verdict.of("drift", [reason]))}, options)
if sys.argv[3] == "before":
    os.kill(os.getpid(), signal.SIGKILL)
book.deliver("census", options, senders=lambda _: send)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_is_killed_leaves_the_message_to_the_next(tmp_path, clock, sent, moment):
    log = tmp_path / "sent"
    log.touch()
    script = [sys.executable, "-c", _KILLED, str(tmp_path / "alerts"), str(log), moment]
    assert subprocess.run(script, check=False).returncode == -signal.SIGKILL
    first = log.read_text().split()
    book, options = AlertBook(tmp_path / "alerts", clock=clock), AlertOptions(to=TO)
    clock.at = 5000.0
    told = book.deliver("census", options, senders=sent)
    if moment == "after":  # the one who was killed may still be at it
        assert told == []
        clock.at += 121
        told = book.deliver("census", options, senders=sent)
        assert first == [told[0].message.id]
    assert [one.ok for one in told] == [True]
    assert book.deliver("census", options, senders=sent) == []


_TAKES = """
import sys
from pathlib import Path
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import AlertBook, AlertOptions
from mainspring.monitoring.seen import Judged
from mainspring.monitoring.windows import Window

book = AlertBook(Path(sys.argv[1]))
window = Window(since=0.0, until=1.0, table=Table.from_columns({"a": [1.0]}), requests=1, errors=0, complete=True)
for number in range(10_000):
    reason = Reason(ok=False, code="DRIFT", message="far", subject=f"c{number}", observed=0.3, expected=0.1)
    judged = {"drift": Judged(verdict=Verdict.of("drift", [reason]))}
    [fired] = book.take(sys.argv[2], "1", window, judged, AlertOptions())
    print(fired.alert.id, flush=True)
"""


@pytest.mark.slow
def test_what_was_taken_outlives_being_killed_at_any_moment(tmp_path):
    told = set()
    for round_ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", _TAKES, str(tmp_path / "alerts"), f"m{round_}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3 + 7 * round_):
            told.add(process.stdout.readline().strip())
        process.kill()
        told |= {line.strip() for line in process.stdout if line.endswith("\n")}
        process.wait()
        process.stdout.close()
    book = AlertBook(tmp_path / "alerts")
    kept = {one.id for one in book.alerts()}
    assert told <= kept
    assert len(kept - told) <= 8  # what was on the disk when its process was killed, and not said yet
    numbers = [one.number for one in book.history()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_one_has_in_hand_nobody_else_sends(book, clock, window, judged, tmp_path):
    options = AlertOptions(to=TO)
    book.take("census", "1", window(0), {"drift": judged({"age": 0.3})}, options)
    sent = []

    def send(url, message, *, secret=""):
        other = AlertBook(tmp_path / "alerts", clock=clock)
        sent.append((message.id, other.deliver("census", options, senders=lambda _: send)))

    book.deliver("census", options, senders=lambda _: send)
    assert [others for _, others in sent] == [[]]


_ACKS = """
import sys
from pathlib import Path
from mainspring.monitoring.alerts import AlertBook
book = AlertBook(Path(sys.argv[1]))
for number in range(15):
    book.silence({"subject": f"{sys.argv[2]}{number}"}, until=1e12, by=sys.argv[2], why="test")
"""


def test_several_processes_write_at_once_and_nothing_is_lost(tmp_path, window, judged, monkeypatch):
    monkeypatch.setattr(journal, "_FOLDED", 20)
    folder = tmp_path / "alerts"
    others = [subprocess.Popen([sys.executable, "-c", _ACKS, str(folder), name]) for name in ("a", "b")]
    book = AlertBook(folder)
    for number in range(40):
        book.take(f"m{number}", "1", window(0), {"drift": judged({"age": 0.3})}, AlertOptions())
    assert [one.wait() for one in others] == [0, 0]
    assert len(book.alerts()) == 40
    silences = book.silences()
    assert len({one.id for one in silences}) == 30
    # More than the journal holds: some of it was folded, and the history is whole.
    assert (folder / "book.json").exists()
    numbers = [one.number for one in book.history()]
    assert numbers == list(range(1, 71))


def test_a_book_that_is_not_there_is_empty_and_not_made(tmp_path):
    book = AlertBook(tmp_path / "none")
    assert (book.alerts(), book.silences(), book.history(), book.waiting()) == ([], [], [], [])
    with pytest.raises(NotFoundError, match="there is no alert 'abc'"):
        book.get("abc")
    assert not (tmp_path / "none").exists()


def test_what_is_written_can_be_read_by_nobody_else(run, book):
    run([0.3], AlertOptions())
    assert {path.stat().st_mode & 0o077 for path in book.folder.iterdir()} == {0}
    [line] = (book.folder / "journal.jsonl").read_text().splitlines()
    assert json.loads(line[9:])["alerts"][0]["subject"] == "age"
