"""Explanations as people read them."""

from __future__ import annotations

import click
import numpy as np

from mainspring.app.cli.explaining.telling import told
from mainspring.evaluation.explanation import (
    Anchor,
    Attributions,
    Change,
    Counterfactual,
    Counterfactuals,
    Predicate,
)
from mainspring.evaluation.explanation.answers import Answer


def text(found) -> str:
    return click.unstyle(told(Answer(method="any", found=found)))


def test_contributions_are_a_table_with_bars():
    found = Attributions(
        method="kernel_shap",
        features=("age", "job"),
        base=np.array([0.25]),
        contributions=np.array([[-0.1, 0.4]]),
        outputs=np.array([0.55]),
        values=((31.0, None),),
        output="yes",
        scale="probability",
    )
    lines = text(found).splitlines()
    assert lines[0] == "kernel_shap: the probability of yes is 0.55"
    assert lines[1].split(maxsplit=1) == ["+0.25", "where nothing is known of the row"]
    assert lines[2].split()[:3] == ["job", "missing", "+0.4"]
    assert lines[3].split()[:3] == ["age", "31", "-0.1"]
    assert len(lines[2].split()[3]) == 4 * len(lines[3].split()[3]) == 24
    assert lines[4].split() == ["together", "+0.55"]


def test_an_anchor_is_a_sentence():
    found = Anchor(
        predicates=(Predicate("age", "<=", 28.0), Predicate("job", "=", "clerk")),
        answer="no",
        precision=0.98,
        at_least=0.955,
        trials=900,
        coverage=0.12,
        reached=True,
        row={},
    )
    assert text(found) == (
        "no because age <= 28 and job = clerk\n98.0% of such rows (at least 95.5%), 12.0% of the data"
    )
    lost = Anchor(
        predicates=(),
        answer="no",
        precision=0.6,
        at_least=0.5,
        trials=9,
        coverage=1.0,
        reached=False,
        why="time",
        row={},
    )
    assert text(lost).startswith("no, and no rule is enough for it: time\nnearest: whatever it holds;")


def test_counterfactuals_are_a_list_of_changes():
    one = Counterfactual(
        changes=(Change("age", 30.0, 42.0), Change("job", None, "smith")),
        answer="yes",
        score=0.7,
        distance=1.5,
        plausibility=0.25,
    )
    found = Counterfactuals(row={}, answer="no", wanted="yes", found=(one,))
    assert text(found).splitlines() == [
        "no, and yes if",
        "  1. age: 30 → 42, job: missing → smith",
        "     then 0.7; plausibility 0.25",
    ]
    none = Counterfactuals(row={}, answer="no", wanted="yes", found=(), why="nothing may change")
    assert text(none) == "no, and nothing was found for yes: nothing may change"
