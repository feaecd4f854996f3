"""The core stays small: what `pip install mainspring` brings along, counted from the installed metadata."""

from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST = 30
CORE = {
    "click",
    "duckdb",
    "jinja2",
    "lightgbm",
    "markupsafe",
    "msgspec",
    "numpy",
    "onnx",
    "onnxruntime",
    "pluggy",
    "pyyaml",
    "scikit-learn",
    "skops",
    "starlette",
    "uvicorn",
}


def needs(name: str, extra: str = "") -> set[str]:
    """What a distribution needs directly on this machine, with one of its extras or with none."""
    found = (Requirement(text) for text in distribution(name).requires or ())
    return {
        canonicalize_name(one.name) for one in found if one.marker is None or one.marker.evaluate({"extra": extra})
    }


def closure(name: str) -> set[str]:
    """Everything that is installed along."""
    seen: set[str] = set()
    todo = needs(name)
    while todo:
        seen |= todo
        todo = {more for one in todo for more in needs(one)} - seen
    return seen


def test_the_core_names_exactly_what_was_decided() -> None:
    """See docs/decisions/0002-core-dependencies.md before changing this."""
    assert needs("mainspring") == CORE


def test_the_core_is_at_most_thirty_packages() -> None:
    found = closure("mainspring")
    assert len(found) <= MOST, sorted(found)


@pytest.mark.parametrize("name", ["pandas", "pyarrow", "pydantic", "sqlalchemy", "fastapi", "prometheus-client"])
def test_what_was_decided_against_does_not_come_through_the_back_door(name: str) -> None:
    assert name not in closure("mainspring")


def test_every_extra_for_users_is_in_all() -> None:
    extras = set(distribution("mainspring").metadata.get_all("Provides-Extra") or ()) - {
        "all",
        "browser",
        "docs",
        "test",
        "dev",
        # Learners, of which nobody needs all; torch alone is larger than everything else together.
        *("catboost", "interpret", "torch", "umap", "xgboost"),
    }
    assert extras
    together = needs("mainspring", "all")
    assert {extra: sorted(needs("mainspring", extra) - together) for extra in extras} == {
        extra: [] for extra in extras
    }
