"""What all families of metrics keep to."""

from __future__ import annotations

import importlib

import pytest

from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import MetricName

FAMILIES = (
    "business",
    "clustering",
    "detection",
    "flips",
    "forecasting",
    "queries",
    "residuals",
    "segmentation",
    "text",
)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_facts_of_a_family_are_found_by_the_names_of_its_figures(family: str) -> None:
    facts = importlib.import_module(f"mainspring.evaluation.metrics.{family}").FACTS
    for stem, fact in facts.items():
        assert MetricName.parse(f"{stem}[cat]@0.3").stem == stem
        assert better(stem) is fact.better, f"another family tells another direction of {stem}"
        assert fact.says
        assert not fact.says.endswith(".")
