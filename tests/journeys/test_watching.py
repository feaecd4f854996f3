"""What a watched model tells of itself: labels that flip for a slice, and a column that is dropped upstream.

Real processes, real requests and feedback over HTTP. Windows are of so many rows, so that nothing depends on the
clock but the moments at which the truth is told.
"""

from __future__ import annotations

import csv
import gzip
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import mainspring
from mainspring.serving import Client

if TYPE_CHECKING:
    from conftest import Project

NAMES = (
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship"),
    *("race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income"),
)
NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
TRAINED = 12_000
ROWS, REQUEST = 500, 25
"""Rows in a window, and in a request."""
MONITORING = f"census:\n  rows: {ROWS}\n  labels: 1h\n  wait: 0s\n  slices: [sex]\n"
UNAVAILABLE = "FEATURE_UNAVAILABLE"


@dataclass
class Caller:
    """Somebody who asks a server about people, and is told later what they really earn."""

    url: str
    rows: Sequence[Mapping[str, str]]
    asked: list[tuple[str, float, list[str]]] = field(default_factory=list)

    def ask(self, change: Callable[[dict[str, Any]], Any] = lambda cells: None) -> int:
        """Send the requests of a window; gives the HTTP status of the last one."""
        with httpx.Client(base_url=self.url, timeout=60) as http:
            for _ in range(ROWS // REQUEST):
                begin = len(self.asked) * REQUEST
                people = [dict(row) for row in self.rows[begin : begin + REQUEST]]
                truths = [row.pop("income") for row in people]
                cells: list[dict[str, Any]] = [
                    {
                        name: None if value == "?" else int(value) if name in NUMBERS else value
                        for name, value in row.items()
                    }
                    for row in people
                ]
                for row in cells:
                    change(row)
                name = f"r{len(self.asked)}"
                self.asked.append((name, time.time(), truths))
                answer = http.post(
                    "/v1/models/census:predict", json={"instances": cells}, headers={"x-request-id": name}
                )
        return answer.status_code

    def tell(self, first: int, last: int, truth: Callable[[Mapping[str, str]], str]) -> None:
        """Tell the truth about the people of some requests."""
        with Client(self.url) as client:
            for number in range(first, last):
                name, _, _ = self.asked[number]
                people = self.rows[number * REQUEST : (number + 1) * REQUEST]
                told = [{"id": name, "row": row, "truth": truth(one)} for row, one in enumerate(people)]
                client.tell("census", told)


@contextmanager
def watched(folder: Project, data: Path) -> Iterator[tuple[Project, Caller]]:
    """A census model that was trained, is served, and is to be watched."""
    with gzip.open(data, "rt") as file:
        everybody = [
            dict(zip(NAMES, map(str.strip, row), strict=True))
            for row in csv.reader(file)
            if len(row) == len(NAMES)
        ]
    with (folder.root / "adult.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, NAMES)
        writer.writeheader()
        writer.writerows(everybody[:TRAINED])
    folder.run("init", "census", "--data", "adult.csv", "--label", "income")
    project = folder.inside("census")
    project.run("run")
    project.write("monitoring.yaml", MONITORING)
    later = everybody[TRAINED:]
    random.Random(0).shuffle(later)
    said = project.root / "serve.txt"
    with said.open("w") as out:
        command = [sys.executable, "-m", "mainspring.app.cli.main", "serve", "census", "--port", "0"]
        server = subprocess.Popen(command, cwd=project.root, stdout=out, stderr=subprocess.STDOUT, text=True)
        try:
            line = until(lambda: [one for one in said.read_text().splitlines() if "listening on" in one])[0]
            caller = Caller(line.split()[2].rstrip(","), later)
            with Client(caller.url) as client:
                until(client.ready)
            yield project, caller
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait for something, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return found


def looked_at(project: Project) -> list[dict[str, Any]]:
    """Let the monitor look once; gives all windows that it judged so far."""
    project.run("monitor", "run", "--once")
    found: list[dict[str, Any]] = project.json("monitor", "windows", "census")["windows"]
    return found


def labelled(project: Project, rows: int) -> list[dict[str, Any]]:
    """All windows, once the truth of so many rows has been judged."""

    def look() -> list[dict[str, Any]] | None:
        windows = looked_at(project)
        return windows if sum(one["verdict"]["details"]["labelled"] for one in windows) >= rows else None

    found: list[dict[str, Any]] = until(look)
    return found


def alerts(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.json("alerts")["alerts"]
    return found


def income(person: Mapping[str, str]) -> str:
    return person["income"]


def flipped(person: Mapping[str, str]) -> str:
    """The truth, turned round for women."""
    turned = {">50K": "<=50K", "<=50K": ">50K"}[person["income"]]
    return turned if person["sex"] == "Female" else person["income"]


def said(windows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What speaks against windows."""
    return [
        f"{reason['code']} {reason['message']}"
        for one in windows
        for reason in one["verdict"]["reasons"]
        if not reason["ok"]
    ]


@pytest.mark.slow
def test_labels_that_flip_for_a_slice_are_found_through_feedback(
    folder: Project, shared: Callable[..., Path]
) -> None:
    a_window = ROWS // REQUEST
    with watched(folder, shared("adult", "adult.data.gz")) as (project, caller):
        for _ in range(3):
            caller.ask()
        assert len(looked_at(project)) == 3
        caller.tell(0, 3 * a_window, income)
        assert said(labelled(project, 3 * ROWS)) == []
        assert alerts(project) == []

        # From here on the truth is another one for women. Nobody knows yet, and nothing can be seen.
        flip = len(caller.asked)
        for _ in range(3):
            caller.ask()
        windows = looked_at(project)
        assert (len(windows), said(windows), alerts(project)) == (6, [], [])

        # The truth about two of these windows comes, after they were judged.
        caller.tell(flip, flip + 2 * a_window, flipped)
        windows = labelled(project, 5 * ROWS)
        assert [bool(said([one])) for one in windows] == [False, False, False, True, True, False]
        found = {(one["check"], one["subject"]): one for one in alerts(project)}
        assert {check for check, _ in found} == {"quality", "concept", "calibration"}  # no check of inputs
        for key in (("quality", "accuracy | sex=Female"), ("concept", "error_rate | sex=Female")):
            alert = found[key]
            assert (alert["slice"], alert["state"], alert["windows"]) == ("sex=Female", "firing", 2)
            assert caller.asked[flip][1] <= alert["since"] <= caller.asked[flip + 1][1]
            assert len(alert["examples"]) == 3
            for row in alert["examples"]:
                assert row["values"]["sex"] == "Female"
                assert row["values"]["output.label"] != row["values"]["feedback.truth"]
                assert int(row["request"][1:]) >= flip
            assert "train it on newer rows (most of it where sex=Female)" in alert["suggestion"]
        assert found["quality", "accuracy | sex=Female"]["severity"] == "critical"
        # No other value of a column is blamed for what its women do.
        assert [one for check, one in found if check == "concept" and "|" in one] == ["error_rate | sex=Female"]
        shown = project.run("alerts", "show", found["quality", "accuracy | sex=Female"]["id"])
        assert "accuracy where sex=Female is 0.0" in shown
        assert "train it on newer rows" in shown

        # An estimate from the answers alone cannot see it, and says what it takes for granted.
        figures = project.json("monitor", "figures", "census")["figures"]
        estimated, real = (figures[f"{check}/accuracy"]["values"] for check in ("estimated_quality", "quality"))
        assert real[3] < 0.7 < 0.8 < estimated[3]
        assert "a changed relation (concept drift) is not seen" in project.run(
            "monitor", "windows", "census", "--all"
        )


@pytest.mark.slow
def test_a_column_that_is_dropped_upstream_is_found_in_the_first_window(
    folder: Project, shared: Callable[..., Path]
) -> None:
    with watched(folder, shared("adult", "adult.data.gz")) as (project, caller):
        for _ in range(3):
            assert caller.ask() == 200
        assert said(looked_at(project)) == []

        # Somebody points an alias elsewhere, and from then on the column has no values.
        with mainspring.open(project.root) as opened:
            opened.models.move("census", "staging", "1.0.0", by="ann", reason="the new reader")
        dropped = len(caller.asked)
        assert caller.ask(lambda cells: cells.update({"education-num": None})) == 200
        first = looked_at(project)[3]
        assert said([first])[0].startswith(f"{UNAVAILABLE} column 'education-num'")
        alert = next(one for one in alerts(project) if one["check"] == "skew")
        assert (alert["subject"], alert["code"], alert["severity"]) == ("education-num", UNAVAILABLE, "critical")
        assert caller.asked[dropped][1] <= alert["since"] <= caller.asked[dropped + 1][1]
        assert "census@staging" in alert["causes"][0]["what"]
        assert "ann" in alert["causes"][0]["what"]
        assert "column 'education-num' stopped coming" in alert["suggestion"]
        assert "mainspring rollback census --alias staging" in alert["suggestion"]
        assert all(row["values"]["education-num"] is None for row in alert["examples"])

        # It comes again, and is well; then it is left out of the requests, and the server refuses them.
        assert caller.ask() == 200
        assert said(looked_at(project)[4:]) == []
        assert caller.ask(lambda cells: cells.pop("education-num")) == 400
        windows = looked_at(project)
        assert len(windows) == 6
        assert (windows[5]["rows"], windows[5]["verdict"]["details"]["errors"]) == (0, ROWS // REQUEST)
        found = {(one["check"], one["subject"]): one for one in alerts(project) if one["check"] == "traffic"}
        assert found.keys() == {("traffic", "errors"), ("traffic", "education-num")}
        assert found["traffic", "education-num"]["code"] == UNAVAILABLE
        assert "column 'education-num' is not there (20)" in found["traffic", "errors"]["message"]
        assert {one["severity"] for one in found.values()} == {"critical"}
        assert found["traffic", "errors"]["value"] == 1.0
