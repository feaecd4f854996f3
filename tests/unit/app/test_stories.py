"""Runs, read back as one value."""

from pathlib import Path

import mainspring
from mainspring import Reason, Verdict, approval, at_exit, each, pipeline, step, when
from mainspring.app.stories import tell


@step(gate=True)
def gate(number: int) -> Verdict:
    ok = number < 3
    return Verdict.of(
        "size", [Reason(ok=ok, code="SIZE", message=f"{number} of 3", observed=float(number), expected=3.0)]
    )


@step
def numbers(n: int = 2) -> list[int]:
    return list(range(n))


@step
def double(number: int) -> int:
    return 2 * number


@step
def fails() -> int:
    raise ValueError("it broke")


@step(cache=False)
def goodbye() -> None:
    return None


@pipeline
def whole(size: int = 1, bad: bool = False) -> None:
    many = double(each(numbers()))
    gate(size)
    with when(approval("Go on?")):
        double.named("after")(size)
    if bad:
        fails()
    at_exit(goodbye)
    del many


def test_a_run_that_waits(tmp_path: Path) -> None:
    with mainspring.open(tmp_path) as platform:
        platform.pipelines.run(whole, name="r")
        story = tell(platform.pipelines.records, platform.store.blobs, "r")
        assert [(step.name, step.state.value) for step in story.steps] == [
            ("numbers", "COMPLETE"),
            ("double[0]", "COMPLETE"),
            ("double[1]", "COMPLETE"),
            ("gate", "COMPLETE"),
            ("approval", "WAITING"),
        ], "in the order of the pipeline, whatever ran first"
        assert [verdict.gate for verdict in story.verdicts] == ["size"]
        answer = story.as_dict()
        assert answer["verdict"] == {
            "ok": True,
            "reasons": [
                {
                    "ok": True,
                    "code": "SIZE",
                    "message": "1 of 3",
                    "subject": None,
                    "observed": 1.0,
                    "expected": 3.0,
                    "gate": "size",
                }
            ],
        }
        assert (answer["run"], answer["pipeline"], answer["state"], answer["model"]) == (
            "r",
            "whole",
            "WAITING",
            None,
        )
        assert answer["parameters"] == {"size": 1, "bad": False}
        first = answer["steps"][0]
        assert (first["name"], first["state"], first["cached"]) == ("numbers", "COMPLETE", False)


def test_a_run_that_is_held_and_one_that_fails(tmp_path: Path) -> None:
    with mainspring.open(tmp_path) as platform:
        platform.pipelines.run(whole, {"size": 5, "bad": True}, name="r")
        story = tell(platform.pipelines.records, platform.store.blobs)
        answer = story.as_dict()
        assert answer["verdict"]["ok"] is False
        errors = {step["name"]: step.get("error") for step in answer["steps"]}
        assert errors["after"] == errors["fails"] == "held by gate: gate said no"
        assert answer["state"] == "HELD"


def test_what_was_cached_tells_what_it_gave(tmp_path: Path) -> None:
    with mainspring.open(tmp_path) as platform:
        first = platform.pipelines.run(whole, name="a")
        platform.pipelines.run(whole, name="b")
        story = tell(platform.pipelines.records, platform.store.blobs, "b")
        gates = {step.name: step for step in story.steps}
        assert gates["gate"].cached
        assert [one.id for one in gates["gate"].outputs["result"]] == [first.nodes["gate"].outputs["result"].id]  # type: ignore[union-attr]  # an artifact
        assert len(story.verdicts) == 1
        assert story.verdict is not None
        assert story.verdict.ok
        assert [artifact.type for artifact in story.artifacts("mainspring.Verdict")] == ["mainspring.Verdict"]
