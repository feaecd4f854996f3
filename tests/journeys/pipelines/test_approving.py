"""A run parks, its process ends, and somebody signs."""

from __future__ import annotations

from typing import Any

Project = Any

ASKING = """
@pipeline
def asking(plus: int = 0):
    sum_ = total([double(1)], plus)
    with when(approval("Release it?", evidence=[sum_])):
        double.named("release")(sum_)
"""


def test_a_run_parks_until_somebody_signs(project: Project, watch: Any) -> None:
    project.pipeline(ASKING)
    parked = project.json("run")
    assert parked["state"] == "WAITING", "and the process has ended, with code 0"
    assert watch.states(parked) == {"double": "COMPLETE", "total": "COMPLETE", "approval": "WAITING"}
    assert "mainspring approve" in project.run("run", "-p", "plus=1")
    signed = project.ask("approve", parked["run"], "--by", "Ada", "--reason", "checked")
    assert (signed["run"], signed["state"]) == (parked["run"], "COMPLETE")
    assert watch.states(signed)["release"] == "COMPLETE"
    refused = project.run("approve", "latest", "--by", "Bob", "--reason", "too much", "--reject", "--no-resume")
    assert "rejected by Bob: Release it?" in refused
    assert project.ask("show")["state"] == "WAITING"
    on = project.ask("resume")
    assert (on["state"], watch.states(on)["release"]) == ("COMPLETE", "SKIPPED")
    again = project.ask("run")
    assert (again["state"], watch.states(again)["release"]) == ("COMPLETE", "CACHED"), "asked once"
    late = project.ask("approve", "latest", "--by", "Eve", "--reason", "x", code=1)
    assert late["error"]["found"].endswith("waits for no approval")
