"""What is wrong with files beyond their form: references, names, arms, graphs, thresholds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.problems import DeclarationError
from mainspring.serving.deploying.reconciler import Reconciler
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
        ("{package: /dev/zero}", "/dev/zero is no model"),
        (f"{{package: {'a' * 300}}}", "it cannot be read"),
        ("{graph: {nodes: {a: {model: wrong}}}}", "the graph wrong would ask itself: wrong -> wrong"),
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
        file("d", text="deployment: d\nmodels: {}\nslo: [{name: up, kind: errors, target: 0.9, model: y}]"),
    )
    places = sorted(one.partition(": ")[0] for one in found)
    assert places == ["a.yaml:1", "a.yaml:4", "b.yaml:3", "b.yaml:3", "c.yaml:2", "d.yaml:3"]


def test_a_mistake_of_form_does_not_hide_what_else_is_wrong(deployments: Deployments, file: Make) -> None:
    text = """\
deploymnt: fares
models:
  taxi: {model: taxi@gone, treads: 2}
  bus: {versions: {a: bus@production}, rollout: {canary: {to: next}}, timeout: soon}
  both: {model: bus@production, package: ./bus}
  unset: {model: "${NOPE}"}
  words: {graph: {nodes: {a: {model: both}, b: {model: unset, reads: a}, c: {model: claner, reads: b}}}}
  words: {graph: {nodes: {a: {model: both}, c: {model: claner, reads: a}}}}
"""
    places = sorted(one.partition(": ")[0] for one in told(deployments, file(text=text)))
    assert places == [
        "fares.yaml:1",
        "fares.yaml:1",
        "fares.yaml:3",
        "fares.yaml:3",
        "fares.yaml:4",
        "fares.yaml:4",
        "fares.yaml:5",
        "fares.yaml:6",
        "fares.yaml:8",
        "fares.yaml:8",
    ]


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


def test_versions_may_be_folders_and_are_called_by_their_content(
    deployments: Deployments, server: Any, rule: ModuleType, file: Make, tmp_path: Path
) -> None:
    rule.write(tmp_path / "new", shift=3.0)
    said = file(taxi="{versions: {stable: taxi@production, next: ./new}, rollout: {canary: {to: next}}}")
    revision = deployments.deploy([said], by="Ada")
    assert revision is not None
    stable, new = revision.pins["fares"]["taxi"]
    assert (stable.version, stable.registered) == ("1.0.0", True)
    assert (new.version, new.label, new.reference, new.registered) == (new.digest[8:20], "next", "./new", False)
    assert Reconciler(deployments, server).look().ok
    assert dict(server.models.labels("taxi")) == {"stable": "1.0.0", "next": new.version}
    swapped = file(taxi="{versions: {stable: ./new, next: taxi@production}}")
    deployments.deploy([swapped], by="Ada")
    before = {id(one.model) for one in server.models}
    assert Reconciler(deployments, server).look().ok
    assert dict(server.models.labels("taxi")) == {"stable": new.version, "next": "1.0.0"}
    assert {id(one.model) for one in server.models} == before
    wrong = told(
        deployments,
        file(
            a="{versions: {x: taxi@production, y: bus@production}}",
            b="{model: ./new}",
            c="{versions: {x: ./gone}, thresholds: {latency_p97: 1}}",
        ),
    )
    assert [one for one in wrong if "bus@production is another version 1.0.0 than taxi@production" in one]
    assert [one for one in wrong if "do: say package: ./new" in one]
    assert [one for one in wrong if "there is no" in one and "gone" in one]
    assert [one for one in wrong if "there is no 'latency_p97' here (expected: did you mean 'latency_p9" in one]


def test_thresholds_are_held_to_what_is_measured_and_measured_once(
    deployments: Deployments, file: Make, recorded: Any
) -> None:
    said = "{model: taxi@production, thresholds: {latency_p95: 30, memory_bytes: 4e9}}"
    revision = deployments.deploy([file(taxi=said)], by="Ada")
    assert revision is not None
    [(_, _, verdict)] = recorded.kept
    kept = {one.subject: one for one in verdict.reasons if one.code == "THRESHOLD_KEPT"}
    assert set(kept) == {"latency_p95", "memory_bytes"}
    assert 0 < kept["latency_p95"].observed < 30
    again = deployments.check([file(taxi=said)]).verdict
    assert [one.observed for one in again.reasons if one.subject == "latency_p95"] == [
        kept["latency_p95"].observed
    ]
    [wrong] = told(deployments, file(taxi="{model: taxi@production, thresholds: {latency_p50: 0.0000001}}"))
    assert "does not keep its thresholds: latency_p50" in wrong
