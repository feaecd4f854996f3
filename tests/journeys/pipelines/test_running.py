"""Runs: again, edited, in parts, side by side, tried again, ended in time."""

from __future__ import annotations

from typing import Any

Project = Any


def test_run_again_edit_explain_compare(project: Project, watch: Any) -> None:
    first = project.json("run")
    assert list(first) == ["run", "pipeline", "state", "seconds", "parameters", "steps", "verdict", "model"]
    assert (first["pipeline"], first["state"], first["parameters"]) == (
        "sums",
        "COMPLETE",
        {"data": "in.txt", "plus": 0},
    )
    assert [(one["name"], one["state"], one["cached"]) for one in first["steps"]] == [
        ("load", "COMPLETE", False),
        ("total", "COMPLETE", False),
        ("double", "COMPLETE", False),
    ]
    assert (first["verdict"], first["model"]) == (None, None)
    assert project.traced() == ["load", "total", "double"]

    again = project.ask("run")
    assert all(one["cached"] for one in again["steps"])
    assert again["run"] != first["run"]
    assert project.traced() == []

    project.edit("pipeline.py", "sum(numbers) + plus", "sum(numbers) + plus  # a comment")
    assert all(one["cached"] for one in project.ask("run")["steps"]), "comments do not count"
    project.edit("pipeline.py", "sum(numbers) + plus", "plus + sum(numbers)")
    edited = project.ask("run")
    assert watch.states(edited) == {"load": "CACHED", "total": "COMPLETE", "double": "CACHED"}, (
        "the sum is the same"
    )
    assert project.traced() == ["total"]

    why = project.run("why-not-cached", "latest", "total")
    assert "total  it ran because its code changed" in why
    assert "the code of pipeline:total changed" in why
    assert "-    return sum(numbers) + plus" in why
    assert "+    return plus + sum(numbers)" in why

    changed = project.ask("run", "-p", "plus=4")
    assert watch.states(changed) == {"load": "CACHED", "total": "COMPLETE", "double": "COMPLETE"}
    diff = project.ask("diff", first["run"], "latest")
    assert diff["parameters"] == {"plus": {"before": 0, "after": 4}}
    assert diff["data"] == {}
    assert any("plus + sum(numbers)" in line for line in diff["code"])
    assert {one["step"]: one["outputs_changed"] for one in diff["steps"]} == {
        "load": False,
        "total": True,
        "double": True,
    }
    said = project.run("diff")
    assert "plus" in said
    assert "gave something else" in said

    project.write("in.txt", "1 2 4\n")
    assert watch.states(project.ask("run", "-p", "plus=4")) == dict.fromkeys(
        ("load", "total", "double"), "COMPLETE"
    )
    assert list(project.ask("diff")["data"]) == ["load.data"]


def test_parts_of_a_pipeline(project: Project, watch: Any) -> None:
    bad = project.json("run", "--only", "total", code=1)
    assert "has no outputs from an earlier run" in bad["steps"][0]["error"]
    project.run("run")
    project.traced()
    assert watch.states(project.ask("run", "--from", "total", "-p", "plus=1")) == {
        "load": "CACHED",
        "total": "COMPLETE",
        "double": "COMPLETE",
    }
    assert project.traced() == ["total", "double"]
    up_to = project.ask("run", "--to", "total", "-p", "plus=2")
    assert (up_to["state"], watch.states(up_to)) == ("COMPLETE", {"load": "CACHED", "total": "COMPLETE"})
    only = project.ask("run", "--only", "double")
    assert watch.states(only) == {"total": "CACHED", "double": "COMPLETE"}
    dry = project.ask("run", "--dry-run")
    assert dry["steps"] == [
        {"name": "load", "needs": []},
        {"name": "total", "needs": ["load"]},
        {"name": "double", "needs": ["total"]},
    ]


def test_steps_really_run_side_by_side(project: Project, watch: Any) -> None:
    """Each waits for what the other writes: one after the other they would never end."""
    project.pipeline(
        """
@step
def left() -> int:
    Path("left").touch()
    wait_for("right")
    return 1

@step(isolation="process")
def right() -> int:
    Path("right").touch()
    wait_for("left")
    return 2

@pipeline
def both():
    total([left(), right()])
""",
    )
    project.write("mainspring.toml", "[run]\nworkers = 2\n")
    assert project.json("run")["state"] == "COMPLETE"


def test_retries_timeouts_conditions_fan_out_and_exits(project: Project, watch: Any) -> None:
    project.pipeline(
        """
from mainspring import Retry

@step(retries=Retry(times=3, delay=0.05, backoff=2))
def flaky() -> int:
    trace("flaky")
    if len(Path("trace.txt").read_text().split("flaky")) < 4:
        raise ConnectionError("not yet")
    return 1

@step(timeout=0.5, cache=False)
def stuck() -> int:
    Path("stuck.pid").write_text(str(os.getpid()))
    time.sleep(60)
    return 1

@step
def numbers(n: int) -> list[int]:
    return list(range(n))

@step
def small(number: int) -> bool:
    return number < 10

@step(cache=False)
def goodbye(status: RunStatus) -> None:
    print(f"it ended as {status.state}, failed: {sorted(status.failed)}")

@pipeline
def all_sorts(n: int = 3):
    flaky()
    stuck()
    result = total(double(each(numbers(n))))
    nothing = total.named("nothing")(double.named("none")(each(numbers.named("empty")(0))))
    yes = small(result)
    with when(yes):
        double.named("then")(result)
    with unless(yes):
        double.named("otherwise")(result)
    at_exit(goodbye)
""",
    )
    answer = project.json("run", code=1)
    assert answer["state"] == "FAILED"
    found = watch.states(answer)
    assert {name: found[name] for name in ("flaky", "stuck", "then", "otherwise", "nothing", "goodbye")} == {
        "flaky": "COMPLETE",
        "stuck": "FAILED",
        "then": "COMPLETE",
        "otherwise": "SKIPPED",
        "nothing": "COMPLETE",
        "goodbye": "COMPLETE",
    }
    assert [name for name in found if name.startswith("double")] == ["double[0]", "double[1]", "double[2]"]
    errors = {one["name"]: one.get("error") for one in answer["steps"]}
    assert errors["stuck"] == "it ran longer than its timeout of 0.5 s, and was stopped"
    assert errors["otherwise"] == "small said yes"
    assert project.traced().count("flaky") == 3
    watch.wait_until(lambda: not watch.alive(int((project.root / "stuck.pid").read_text())))
    assert "it ended as FAILED, failed: ['stuck']" in project.run("logs", "latest", "goodbye")
    assert project.ask("logs", "latest", "flaky")["logs"][0]["text"].count("ConnectionError: not yet") == 2
    assert project.scratch() == []
