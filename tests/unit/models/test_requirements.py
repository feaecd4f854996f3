"""Environments: pinned, hashed where the archive is known, compared when a package is opened."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from types import SimpleNamespace

import numpy
import pytest

from mainspring.models import requirements
from mainspring.models.mlmodel import write_requirements
from mainspring.models.packaging import build
from mainspring.models.requirements import describe_environment, differences, hashes, judge_environment, pin
from mainspring.models.training import train


def test_the_same_environment_does_not_differ():
    assert pin(["numpy"]) == (f"numpy=={numpy.__version__}",)
    assert differences(pin(["numpy"]), describe_environment()) == ()
    assert judge_environment(pin(["numpy"]), describe_environment())


def test_other_versions_are_told():
    found = differences(["numpy==1.0", "no-such-library==3"], {"python": "2.7.18", "system": "Plan9"})
    assert [str(one).partition(" ")[0] for one in found] == ["python", "system", "numpy", "no-such-library"]
    assert str(found[2]) == f"numpy {numpy.__version__}, packaged with 1.0"
    assert str(found[3]) == "no-such-library is not installed, packaged with 3"
    verdict = judge_environment(["no-such-library==3"], {})
    assert not verdict
    assert verdict.failures[0].code == "NOT_INSTALLED"


def test_the_last_number_of_python_makes_no_difference():
    major, minor, _ = describe_environment()["python"].split(".", 2)
    assert differences([], {"python": f"{major}.{minor}.999"}) == ()


def test_hashes_are_written_if_they_are_known_for_all(monkeypatch):
    told = json.dumps({"url": "file:///numpy.whl", "archive_info": {"hashes": {"sha256": "ab12"}}})
    known = SimpleNamespace(read_text=lambda name: told if name == "direct_url.json" else None)
    numpy_pin = pin(["numpy"])
    assert write_requirements(numpy_pin) == f"{numpy_pin[0]}\n"
    monkeypatch.setattr(requirements, "distribution", lambda name: known)
    assert hashes(numpy_pin) == {numpy_pin[0]: "sha256:ab12"}
    assert write_requirements(numpy_pin) == f"{numpy_pin[0]} --hash=sha256:ab12\n"
    assert "--hash" not in write_requirements([*numpy_pin, "no-such-library==1"])


def test_opening_a_package_elsewhere_is_logged(tables, transforms, caplog):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    package = build(model, tables["binary"])
    assert package.check_environment()
    with caplog.at_level(logging.WARNING, logger="mainspring.models.package"):
        package.open()
        assert caplog.messages == []
        replace(package, requirements=("numpy==1.0",)).open()
    assert caplog.messages == [
        f"this is not the environment of the package: numpy {numpy.__version__}, packaged with 1.0"
    ]


def test_a_package_says_where_it_was_made(tables, transforms):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    assert build(model, tables["binary"]).details["environment"] == describe_environment()


@pytest.mark.parametrize("requirement", ["numpy>=1", "git+https://example.org/x"])
def test_what_is_not_pinned_is_not_compared(requirement):
    assert differences([requirement], {}) == ()
