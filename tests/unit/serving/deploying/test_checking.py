"""What is wrong with files beyond their form: references, names, arms, graphs, thresholds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.problems import DeclarationError
from mainspring.serving.deploying.revision import File

Make = Callable[..., File]


def told(deployments: Deployments, *files: File) -> list[str]:
    return [str(one) for one in deployments.check(files).problems]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{model: gone@production}", "fares.yaml:3: there is no gone@production"),
        ("{versions: {a: taxi@production, b: taxi@gone}}", "fares.yaml:3: there is no taxi@gone"),
        ("{package: ./nowhere}", "fares.yaml:3: there is no "),
        ("{component: {entry: nowhere.py:A}}", "expected: the file of the class"),
        ("{model: taxi@production, rollout: {canary: {to: next}}}", "canary: next"),
        ("{versions: {a: taxi@production}, rollout: {experiment: {arms: {a: 1, b: 1}}}}", "experiment: b"),
        ("{graph: {nodes: {a: {model: bus}}}}", "there is no model 'bus'"),
        ("{graph: {nodes: {a: {model: 'taxi:9'}}}}", "there is no model 'taxi:9'"),
        ("{graph: {nodes: {a: {model: taxi, reads: b}, b: {model: taxi, reads: a}}}}", "a -> b -> a"),
        ("{model: taxi@production, thresholds: {blessed: true}}", "is not blessed"),
        ("{model: taxi@production, thresholds: {size_bytes: 1}}", "size_bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(deployments: Deployments, file: Make, said: str, wrong: str) -> None:
    [one] = told(deployments, file(wrong=said), file("base", taxi="{model: taxi@production}"))
    assert wrong in one
    assert one.startswith("fares.yaml:3: ")
    with pytest.raises(DeclarationError):
        deployments.deploy([file(wrong=said), file("base", taxi="{model: taxi@production}")], by="Ada")
    assert deployments.archive.number == 0


def test_everything_that_is_wrong_with_all_files_is_told_at_once(deployments: Deployments, file: Make) -> None:
    found = told(
        deployments,
        file("a", taxi="{model: taxi@production}", bus="{model: bus@gone}"),
        file("b", taxi="{model: taxi@gone}"),
        file("a", tram="{model: taxi@production}"),
        file("c", text="deployment: c\nmodels: {x: {model: 3}}"),
        file("d", text="deployment: d\nmodels: {}\nslo: [{name: up, kind: errors, target: 0.9, model: x}]"),
    )
    places = sorted(one.partition(": ")[0] for one in found)
    assert places == ["a.yaml:1", "a.yaml:4", "b.yaml:3", "b.yaml:3", "c.yaml:2", "d.yaml:3"]


def test_a_blessing_that_was_taken_back_is_minded_and_one_that_is_wanted_found(
    deployments: Deployments, shelf: Any, file: Make
) -> None:
    wanted = file(taxi="{model: taxi@production, thresholds: {blessed: true}}")
    shelf.blessings["taxi:1.0.0"] = True
    checked = deployments.check([wanted])
    assert not checked.problems
    assert "BLESSED" in [reason.code for reason in checked.verdict.reasons]
    shelf.blessings["taxi:1.0.0"] = False
    assert told(deployments, wanted) == ["fares.yaml:3: the blessing of taxi@production (1.0.0) was taken back"]


def test_packages_and_files_are_copied_when_they_are_accepted(
    deployments: Deployments, rule: ModuleType, file: Make, tmp_path: Path
) -> None:
    rule.write(tmp_path / "plain")
    revision = deployments.deploy([file(plain="{package: plain, version: '7'}")], by="Ada")
    assert revision is not None
    [pin] = revision.pins["fares"]["plain"]
    assert (pin.version, pin.reference, pin.registered) == ("7", "plain", False)
    assert (deployments.resolver.stock.place(pin.digest) / "package.json").is_file()
    (tmp_path / "plain/rule.json").write_text('{"shift": 3}')
    [difference] = deployments.diff()
    assert [one.path for one in difference.fields] == ["models.plain serves"]


def test_thresholds_are_held_to_what_is_measured_and_measured_once(
    deployments: Deployments, file: Make, recorded: Any
) -> None:
    said = "{model: taxi@production, thresholds: {latency_p99: 30, memory_bytes: 4e9}}"
    revision = deployments.deploy([file(taxi=said)], by="Ada")
    assert revision is not None
    [(_, _, verdict)] = recorded.kept
    kept = {one.subject: one for one in verdict.reasons if one.code == "THRESHOLD_KEPT"}
    assert set(kept) == {"latency_p99", "memory_bytes"}
    assert 0 < kept["latency_p99"].observed < 30
    again = deployments.check([file(taxi=said)]).verdict
    assert [one.observed for one in again.reasons if one.subject == "latency_p99"] == [
        kept["latency_p99"].observed
    ]
    [wrong] = told(deployments, file(taxi="{model: taxi@production, thresholds: {latency_p50: 0.0000001}}"))
    assert "does not keep its thresholds: latency_p50" in wrong
