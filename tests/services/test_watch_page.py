"""The page of the watch in a real browser: values under the pointer and by keys, small screens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import Alert, Cause, State
from mainspring.monitoring.profiles import WindowProfile
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing import SeenWindow, Watch, view, view_overview
from mainspring.monitoring.windows import Window

pytestmark = pytest.mark.service

HOUR = 3600.0
HOSTILE = "<img src=x onerror=\"document.title='broken'\"></script>"
OVER = (
    "const svg = document.querySelector(arguments[0]), box = svg.getBoundingClientRect();"
    "svg.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width * arguments[1],"
    " clientY: box.top + 5, bubbles: true}))"
)


def figure(values: Any, most: float, spread: float = 0.01) -> Series:
    values = np.asarray(values, float)
    empty = np.full(len(values), np.nan)
    return Series(
        times=np.arange(len(values)) * HOUR, values=values, low=values - spread, high=values + spread, least=empty,
        most=np.full(len(values), most),
    )  # fmt: skip


def profile(ages: range) -> WindowProfile:
    table = Table.from_columns({"age": list(ages), HOSTILE: [HOSTILE] * len(ages)})
    window = Window(since=0, until=HOUR, table=table, requests=1, errors=0, complete=True)
    return WindowProfile.of(window, model="census")


def watch(hours: int, features: int) -> Watch:
    random = np.random.default_rng(0)
    figures = {f"drift/x{place}": figure(np.abs(random.normal(0, 0.01, hours)), 0.1) for place in range(features)}
    figures |= {
        "drift/age": figure(np.linspace(0.0, 0.2, hours), 0.1),
        f"drift/{HOSTILE}": figure([0.01] * hours, 1),
    }
    told = Verdict.of("watch", [Reason(ok=False, code="DRIFT", message=HOSTILE, subject="age")])
    windows = [
        SeenWindow(since=at * HOUR, until=(at + 1) * HOUR, ok=at * 2 < hours, rows=300, verdict=told)
        for at in range(hours)
    ]
    given = {"model": "census", "version": "1", "check": "drift", "code": "DRIFT", "since": HOUR, "began": HOUR}
    given |= {
        "opened": HOUR,
        "fired_at": HOUR,
        "last_seen": hours * HOUR,
        "state": State.FIRING,
        "message": HOSTILE,
    }
    alerts = [
        Alert(id=f"aa00000{place}", subject=name, **given) for place, name in enumerate(("age", "x1", HOSTILE))
    ]
    changes = [Cause(kind="deployment", key="7", at=5 * HOUR, what="deployment 7 was applied")]
    return Watch(
        model="census", changes=changes, windows=windows, figures=figures, alerts=alerts,
        latest=profile(range(40, 80)), reference=profile(range(20, 60)).statistics, window=HOUR,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return view(watch(40, 12)).save(tmp_path_factory.mktemp("page") / "census.html").as_uri()


def opened(browser: Any, address: str) -> Any:
    browser.open(address)
    browser.wait("return document.documentElement.dataset.ready")
    return browser


def test_a_chart_tells_its_values_under_the_pointer_and_all_show_the_same_moment(browser: Any, page: str) -> None:
    opened(browser, page)
    browser.run(OVER, "#check-drift svg.plot", 0.999)
    assert browser.text("#tip") == "1970-01-02 15:00\n0.2\n95 %: 0.19 to 0.21\nlimit: at most 0.1"
    assert browser.count(".cross[d]") == browser.count("svg.plot")
    browser.run("document.querySelector('#check-drift svg.plot').dispatchEvent(new PointerEvent('pointerleave'))")
    assert browser.run("return document.getElementById('tip').hidden")
    assert browser.complaints() == []


def test_arrow_keys_go_from_window_to_window(browser: Any, page: str) -> None:
    opened(browser, page)
    keys = "const svg = document.querySelector('#check-drift svg.plot'); svg.focus();"
    press = "svg.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}));"
    for key, moment in (
        ("End", "02 15:00"),
        ("ArrowLeft", "02 14:00"),
        ("Home", "01 00:00"),
        ("ArrowRight", "01 01:00"),
    ):
        browser.run(keys + press, key)
        assert browser.text("#tip").startswith(f"1970-01-{moment}"), key
    browser.run(keys + press, "Escape")
    assert browser.run("return document.getElementById('tip').hidden")


def test_one_distribution_is_shown_at_a_time(browser: Any, page: str) -> None:
    opened(browser, page)
    assert browser.count(".distribution:not([hidden])") == 1
    assert "age" in browser.text(".distribution:not([hidden]) h3")
    browser.run(
        "const box = document.querySelector('[data-choose]'); box.value = '1';"
        "box.dispatchEvent(new Event('change'))"
    )
    assert browser.run("return document.title") == "census · Mainspring"
    assert HOSTILE in browser.text(".distribution:not([hidden]) h3")


def test_a_bar_on_the_timeline_opens_its_alert(browser: Any, page: str) -> None:
    opened(browser, page)
    browser.click('a.span[href="#alert-aa000001"]')
    assert browser.wait("return document.getElementById('alert-aa000001').open")


def test_marks_of_the_timeline_tell_what_they_are_to_keys(browser: Any, page: str) -> None:
    opened(browser, page)
    browser.run("document.querySelector('button.mark').focus()")
    assert browser.text("#tip") == "deployment 7 was applied"
    browser.run("document.querySelector('a.span').focus()")
    assert browser.text("#tip").startswith("warning, since 1970-01-01 01:00")
    browser.run("document.activeElement.blur()")
    assert browser.run("return document.getElementById('tip').hidden")


@pytest.mark.parametrize("width", [1400, 800, 400])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(browser: Any, page: str, width: int, mode: str) -> None:
    browser.prefer(prefers_color_scheme=mode)
    browser.size(width, 900)
    opened(browser, page)
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_the_overview_stands_beside_it(browser: Any, page: str, tmp_path: Any) -> None:
    path = view_overview([watch(30, 2)], links={"census": page}).save(tmp_path / "all.html")
    opened(browser, path.as_uri())
    assert browser.count(".model svg.plot") == 1
    browser.click(".model h2 a")
    assert browser.wait("return document.documentElement.dataset.ready && document.getElementById('timeline')")
