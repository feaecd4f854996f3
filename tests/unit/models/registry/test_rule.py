"""Which part of a version moves, and why."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mainspring.core.errors import InputError
from mainspring.models import steps
from mainspring.models.registry.rule import judge, signature_changes
from mainspring.models.signature import Field, Signature
from mainspring.models.versions import Version

FIELDS = (Field("fare", "FP64"), Field("city", "BYTES", domain=("Bern", "Rome")))


def changes(before, after, **options):
    pair = (Signature.of(one, classes=options.get("classes")) for one in (before, after))
    return [(one.message, one.breaking) for one in signature_changes(*pair)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Field("a", "FP64"), Field("a", "FP64"), []),
        (Field("a", "INT64"), Field("a", "FP64"), [("column 'a' is FP64, was INT64", False)]),
        (Field("a", "FP64"), Field("a", "INT64"), [("column 'a' is INT64, was FP64", True)]),
        (Field("a", "FP64"), Field("a", "BYTES"), [("column 'a' is BYTES, was FP64", True)]),
        (
            Field("a", "FP64"),
            Field("a", "FP64", nullable=False),
            [("column 'a' may not be missing any more", True)],
        ),
        (Field("a", "FP64", nullable=False), Field("a", "FP64"), [("column 'a' may be missing now", False)]),
        (Field("a", "FP64", required=False), Field("a", "FP64"), [("column 'a' is required now", True)]),
        (
            Field("a", "FP64"),
            Field("a", "FP64", required=False),
            [("column 'a' need not be sent any more", False)],
        ),
        (
            Field("a", "BYTES", domain=("x", "y", "z")),
            Field("a", "BYTES", domain=("y", "w")),
            [("column 'a' does not know 'x', 'z' any more", True), ("column 'a' knows 'w' now", False)],
        ),
        (
            Field("a", "BYTES", domain=tuple("abcdefg")),
            Field("a", "BYTES", domain=("h",)),
            [
                ("column 'a' does not know 'a', 'b', 'c', 'd', 'e' and 2 more any more", True),
                ("column 'a' knows 'h' now", False),
            ],
        ),
        (
            Field("a", "BYTES", domain=("x",)),
            Field("a", "BYTES"),
            [("column 'a' has no list of known values any more", False)],
        ),
        (
            Field("a", "BYTES"),
            Field("a", "BYTES", domain=("x",)),
            [("column 'a' has a list of known values now", False)],
        ),
    ],
)
def test_a_column_that_changes(before, after, expected):
    assert changes([before], [after]) == expected


def test_columns_that_come_and_go():
    a, b, c = Field("a", "FP64"), Field("b", "FP64"), Field("c", "FP64", required=False)
    assert changes([a], [b, c]) == [
        ("column 'a' is not read any more", True),
        ("column 'b' is new and required", True),
        ("column 'c' is new", False),
    ]


def test_classes_and_task():
    one, two = (Signature.of(FIELDS, classes=classes) for classes in (("no", "yes"), ("no", "yes", "maybe")))
    number = Signature.of(FIELDS, classes=None)
    words = "the classes are 'no', 'yes', 'maybe', were 'no', 'yes'"
    assert [(one.message, one.breaking) for one in signature_changes(one, two)] == [(words, True)]
    assert [one.message for one in signature_changes(one, number)] == [
        "the task is regression, was classification"
    ]


def judged(before, after, old=None, new=None, **options):
    return judge(Version(1, 2, 3), before, after, metrics_before=old or {}, metrics=new or {}, **options)


def test_the_first(bare):
    version, why, explanation = judge(None, None, bare(), metrics_before={}, metrics={})
    assert (str(version), why, explanation.part) == ("1.0.0", "the first version", "FIRST")


def test_every_reason_of_a_major_is_told(bare):
    after = bare(1, fields=[Field("fare", "BYTES"), Field("day", "INT64")], label="tip")
    version, why, explanation = judged(bare(), after, {"auc": 0.8}, {"auc": 0.9})
    assert str(version) == "2.0.0"
    assert explanation.part == "MAJOR"
    assert explanation.reasons == (
        "it predicts 'tip', not 'late'",
        "column 'city' is not read any more",
        "column 'fare' is BYTES, was FP64",
        "column 'day' is new and required",
    )
    assert why == "MAJOR: " + "; ".join(explanation.reasons)
    assert explanation.others == ("auc 0.8 → 0.9",)


@pytest.mark.parametrize(
    ("old", "new", "options", "expected", "words"),
    [
        ({"auc": 0.8}, {"auc": 0.9}, {}, "1.3.0", "MINOR: auc 0.8 → 0.9"),
        ({"rmse": 3.0}, {"rmse": 2.0}, {}, "1.3.0", "MINOR: rmse 3 → 2"),
        ({"rmse": 2.0}, {"rmse": 3.0}, {}, "1.2.4", "PIPELINE: the same signature; rmse 2 → 3"),
        ({"cost": 3.0}, {"cost": 2.0}, {"metric": "cost", "direction": "lower"}, "1.3.0", "MINOR: cost 3 → 2"),
        ({"cost": 3.0}, {"cost": 2.0}, {"metric": "cost"}, "1.2.4", "PIPELINE: the same signature; cost 3 → 2"),
        (
            {"auc": 0.8},
            {"auc": 0.805},
            {"margin": 0.01},
            "1.2.4",
            "PIPELINE: the same signature; auc 0.8 → 0.805, within the margin of 0.01",
        ),
        ({"auc": 0.8}, {"auc": 0.82}, {"margin": 0.01}, "1.3.0", "MINOR: auc 0.8 → 0.82"),
        ({"auc": 0.8}, {"auc": float("nan")}, {}, "1.2.4", "PIPELINE: the same signature; auc 0.8 → nan"),
        ({}, {"auc": 0.9}, {}, "1.2.4", "PIPELINE: the same signature; no figure of a main metric to compare"),
    ],
)
def test_the_main_metric(bare, old, new, options, expected, words):
    version, why, explanation = judged(bare(), bare(1), old, new, **options)
    assert (str(version), why) == (expected, words)
    assert explanation.since == "1.2.3"
    assert explanation.lower_is_better == (options.get("direction") == "lower" or "rmse" in old)


def test_a_harmless_change_is_told_and_moves_nothing(bare):
    after = bare(1, fields=[*FIELDS, Field("day", "INT64", required=False)])
    version, why, explanation = judged(bare(), after)
    assert str(version) == "1.2.4"
    assert explanation.others[0] == "column 'day' is new"
    assert why.startswith("PIPELINE: nothing that breaks a caller")


@pytest.mark.parametrize("options", [{"direction": "up"}, {"margin": -1}, {"margin": float("nan")}])
def test_wrong_options(bare, options):
    with pytest.raises(InputError):
        judged(bare(), bare(1), **options)


def test_the_explanation_is_kept(bare, registry):
    registry.register(bare(), name="taxi", metrics={"rmse": 3.0})
    registry.register(bare(1), name="taxi", metrics={"rmse": 2.5}, margin=0.2)
    found = registry.explain("taxi", "1.1.0")
    assert (found.part, found.metric, found.before, found.after, found.margin) == ("MINOR", "rmse", 3.0, 2.5, 0.2)
    assert registry.explain("taxi", "1.0.0").part == "FIRST"


def test_the_step_passes_it_on(registry, bare):
    steps.register(bare(), evaluated(cost=3.0), name="taxi", registry=registry)
    options = {"metric": "cost", "better": "lower", "margin": 0.5, "tags": {"team": "risk"}}
    second = steps.register(bare(1), evaluated(cost=2.0), name="taxi", registry=registry, **options)
    assert second.why == "MINOR: cost 3 → 2"
    assert registry.facts("taxi", second.version).tags == {"team": "risk"}
    assert registry.aliases("taxi") == {"production": second.version}


def evaluated(**overall):
    """What the step reads of an evaluation."""
    return SimpleNamespace(overall=overall)
