"""The monitoring file: what it says, and everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.core import plugins
from mainspring.core.errors import InputError, NotFoundError
from mainspring.monitoring.declaration import USUAL, Watched, read_declarations, read_text
from mainspring.serving.deploying.problems import DeclarationError


def test_a_model_without_options_is_watched_as_usual() -> None:
    found = read_text("census:\n")["census"]
    assert list(found.checks) == list(USUAL)
    assert found.how.seconds == 3600.0
    assert found.how.retraining is None


def test_options_of_windows_checks_and_policy_are_read() -> None:
    text = """
census:
  rows: 500
  wait: 2m
  slices: [sex]
  checks:
    drift: {exclude: [day]}
    outliers: false
    multivariate:
  retraining: {when: [drift, {check: quality, for_windows: 2}], budget: 3 per 7d}
"""
    found = read_text(text)["census"]
    assert (found.how.rows, found.how.seconds, found.how.wait) == (500, None, 120.0)
    assert found.how.slices == ("sex",)
    assert "outliers" not in found.checks
    assert list(found.checks)[-1] == "multivariate"
    assert found.how.retraining is not None
    assert [one.check for one in found.how.retraining.conditions] == ["drift", "quality"]
    assert found.where == "monitoring.yaml:2"


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    text = """\
census:
  window: 1h
  rows: 5
taxi:
  wimdow: 1h
  checks:
    drifft: {}
    drift: {exlude: [day]}
  retraining: {when: [multivariate]}
iris: 5
"""
    with pytest.raises(DeclarationError) as told:
        read_text(text, "watch.yaml")
    said = [str(one) for one in told.value.problems]
    assert [one.split(":")[1] for one in said] == ["1", "7", "8", "5", "10"], said
    assert "did you mean 'window'?" in said[3]
    assert "did you mean 'exclude'?" in said[2]
    assert "monitoring files" in str(told.value)


def test_a_policy_cannot_wait_for_a_check_that_does_not_look() -> None:
    text = "taxi:\n  retraining:\n    when: [quality, multivariate]\n"
    with pytest.raises(DeclarationError, match="waits for the check 'multivariate'"):
        read_text(text)


def test_variables_of_the_environment_are_filled_in() -> None:
    found = read_text("census: {window: '${LENGTH}'}", environment={"LENGTH": "15m"})
    assert found["census"].how.seconds == 900.0
    with pytest.raises(DeclarationError, match="LENGTH of the environment is not set"):
        read_text("census: {window: '${LENGTH}'}", environment={})


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="mainspring monitor init"):
        read_declarations(tmp_path / "monitoring.yaml")


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"window": -1.0}, {"window": "soon"}, {"window": 60.0, "rows": 5}])
def test_windows_without_a_size_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"window|rows|length|interval"):
        Watched(**wrong)


@pytest.mark.parametrize("name", sorted(plugins.offers("window_checks")))
def test_every_check_that_is_offered_tells_its_name_and_whether_it_is_asked_again(name: str) -> None:
    offered = plugins.load("window_checks", name)()
    assert offered.name == name
    assert offered.on_truth in (True, False)


def test_every_check_keeps_the_promises_of_a_check() -> None:
    for name in plugins.offers("window_checks"):
        check = plugins.load("window_checks", name)()
        assert (check.name, type(check.on_truth), callable(check.judge)) == (name, bool, True)


def test_values_of_another_kind_are_told_in_words() -> None:
    with pytest.raises(DeclarationError) as caught:
        read_text("census:\n  rows: [5]\n  slices: sex\n")
    assert [(one.found, one.expected) for one in caught.value.problems] == [
        ("rows is a list", "a whole number or nothing"),
        ("slices is a text", "a list: [one, another]"),
    ]


def test_no_time_at_all_is_waited() -> None:
    assert read_text("census: {wait: 0s, labels: 0}")["census"].how.wait == 0.0
    with pytest.raises(DeclarationError, match="no interval"):
        read_text("census: {window: 0s}")
