"""Data that comes day by day: a window of days moves on, and only what it touches runs again."""

from __future__ import annotations

from datetime import date
from typing import Any

from mainspring.core.spans import as_number

Project = Any

DAYS = """
from mainspring import File, pipeline, steps

@pipeline
def days(data: File = File("in/{YYYY}/{MM}/{DD}/*.csv"), spans: str = "last 2"):
    examples = steps.ingest(data, spans=spans)
    statistics = steps.statistics(examples)
    steps.infer_schema(statistics, label="y")
"""

SCHEDULE = """
[project]
name = "days"
[[schedule]]
name = "a new day"
data = "in/{YYYY}/{MM}/{DD}/*.csv @ last 2"
"""


def deliver(project: Project, *days: int, word: str = "no") -> None:
    """Sixty rows of every day."""
    for day in days:
        folder = project.root / f"in/2026/11/{day}"
        folder.mkdir(parents=True, exist_ok=True)
        rows = "".join(f"{day * 100 + n},{'yes' if n % 3 else word}\n" for n in range(60))
        (folder / "trips.csv").write_text(f"x,y\n{rows}")


def spans_of(project: Project, run: str) -> str:
    """Which spans the examples of a run hold."""
    return str(
        project.python(f"""
import mainspring
with mainspring.open() as platform:
    steps = {{one.node: one for one in platform.pipelines.records.steps({run!r})}}
    original = steps["ingest"].original
    made = platform.pipelines.records.outputs([original])[original]["result"]
    print(made[0].properties["spans"])
""")
    ).strip()


def test_a_new_day_moves_the_window_on(project: Project, watch: Any) -> None:
    project.write("pipeline.py", DAYS)
    project.write("mainspring.toml", SCHEDULE)
    deliver(project, 18, 19, 20)
    first = project.json("scheduler", "--once")["started"]
    assert [one["state"] for one in first] == ["COMPLETE"]
    assert "last 2 has new content (spans 2026-11-19..2026-11-20, 2 files, " in first[0]["because"]
    number = as_number(date(2026, 11, 19))
    assert spans_of(project, first[0]["run"]) == f"{number}..{number + 1}"

    # Nothing new: nothing starts, and a run by hand is taken from the record from end to end.
    assert project.json("scheduler", "--once")["started"] == []
    assert set(watch.states(project.ask("run")).values()) == {"CACHED"}

    # A day that is out of the window is corrected: the same.
    deliver(project, 18, word="maybe")
    assert project.json("scheduler", "--once")["started"] == []
    assert set(watch.states(project.ask("run")).values()) == {"CACHED"}

    # A new day: the window moves on, and every step after it runs again.
    deliver(project, 21)
    second = project.json("scheduler", "--once")["started"]
    assert [one["state"] for one in second] == ["COMPLETE"]
    assert "spans 2026-11-20..2026-11-21" in second[0]["because"]
    assert spans_of(project, second[0]["run"]) == f"{number + 1}..{number + 2}"
    assert set(watch.states(project.ask("run")).values()) == {"CACHED"}

    # The days before, once more, by name; they are still in the record.
    again = project.ask("run", "-p", "spans=2026-11-19..2026-11-20")
    assert watch.states(again)["statistics"] == "CACHED"
    assert spans_of(project, again["run"]) == f"{number}..{number + 1}"
    asked = project.ask("run", "-p", "spans=2026-11-20..2026-11-22", code=1)
    assert asked["state"] == "FAILED"
