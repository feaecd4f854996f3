from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import InputError, NotFoundError, Slice
from mainspring.evaluation import Evaluation, Measured
from mainspring.evaluation.audit import (
    Audit,
    Item,
    Severity,
    Status,
    judge_audit,
    parse_audit,
    read_audit,
    template,
)
from mainspring.evaluation.audit.audit import CATEGORIES
from mainspring.evaluation.audit.template import TASKS
from mainspring.evaluation.gates.rules.reading import read_rule

TEXT = """\
title: Census income
purpose: Who is shown an offer
agreed: [Ada, Ben]
items:
  women:
    question: Does it miss more women?
    category: fairness
    severity: high
    status: open
    owner: Ada
    metric: recall
    slices: [sex=Female, "age=> 28 and ≤ 37"]
    at_least: 0.8
  average:
    question: Is it good enough?
    rule: accuracy >= 0.8 and auc >= baseline
    status: covered
  leakage:
    question: Is a column known only after the answer?
    category: leakage
    severity: high
    owner: Ben
  units:
    question: Did a unit change?
    severity: low
  labels:
    question: Are the labels right?
    status: covered
    evidence: [500 rows were read again, notebook 7]
  rare:
    question: Does it find the rare class?
    metric: f1
    at_least: 0.9
    status: accepted
    by: Cleo
    reason: There are 40 of them a year, and each is read by hand
"""


def evaluation(recall: float = 0.85) -> Evaluation:
    values = {"accuracy": 0.9, "auc": 0.9, "f1": 0.5}
    measured = {
        Slice(): Measured(100, values),
        Slice.of(sex="Female"): Measured(50, {"recall": recall}),
        Slice.of(age="> 28 and ≤ 37"): Measured(50, {"recall": 0.9}),
    }
    return Evaluation(task="classification", label="y", split="eval", measured=measured, positive="1")


def test_every_item_becomes_reasons() -> None:
    verdict = judge_audit(parse_audit(TEXT), evaluation(0.75), baseline=evaluation())
    assert [(reason.ok, reason.code, reason.subject) for reason in verdict.reasons] == [
        (False, "RULE_BROKEN", "women: recall | sex=Female"),
        (True, "RULE_OK", "women: recall | age=> 28 and ≤ 37"),
        (True, "RULE_OK", "average: accuracy"),
        (True, "RULE_OK", "average: auc"),
        (False, "AUDIT_OPEN", "leakage"),
        (True, "AUDIT_WARNING", "units"),
        (True, "AUDIT_COVERED", "labels"),
        (True, "AUDIT_ACCEPTED", "rare"),
    ]
    told = {reason.subject: reason.message for reason in verdict.reasons}
    assert told["women: recall | sex=Female"] == ("women: recall | sex=Female 0.75 is below 0.8 (high, owner Ada)")
    assert told["leakage"].startswith("leakage: open and without a rule (high, owner Ben): Is a column known")
    assert "nobody owns it" in told["units"]
    assert told["labels"] == "labels: covered by 500 rows were read again; notebook 7"
    assert told["rare"] == (
        "rare: accepted by Cleo: There are 40 of them a year, and each is read by hand (f1 0.5 is below 0.9)"
    )
    assert verdict.details == {
        "audit": "Census income",
        "agreed": ["Ada", "Ben"],
        "open": 3,
        "accepted": 1,
        "covered": 2,
        "warnings": ["units"],
    }


def test_without_a_baseline_a_rule_follows_the_first_run() -> None:
    verdict = judge_audit(parse_audit(TEXT), evaluation())
    assert [reason.code for reason in verdict.failures] == ["AUDIT_OPEN"]
    strict = judge_audit(parse_audit(TEXT), evaluation(), first_run="fail")
    assert [reason.code for reason in strict.failures] == ["FIRST_RUN", "AUDIT_OPEN"]


def test_nothing_is_waved_through() -> None:
    assert not judge_audit(Audit(title="x"), evaluation()).ok


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("severity: high", "severity: hgih"), 8, "there is no severity 'hgih'; did you mean HIGH?"),
        (("category: fairness", "category: fair"), 7, "there is no category 'fair'"),
        (("owner: Ada", "ownr: Ada"), 10, "unknown key 'ownr'; did you mean 'owner'?"),
        (("at_least: 0.8", "at_least: much"), 13, "'much' is not a number"),
        (("rule: accuracy >= 0.8 and", "rule: accuracy >= and"), 16, "'and' comes where a figure is due"),
        (("    by: Cleo\n", ""), 31, "accepted, but not by whom and why"),
        (("    evidence: [500 rows were read again, notebook 7]\n", ""), 27, "covered, but not by what"),
        (("    metric: recall\n", ""), 6, "a bound without a metric"),
        (("metric: recall", "metric: re call"), 6, "metric and slices make no rule"),
        (("title: Census income\n", ""), 1, "the title is missing"),
        (("    question: Did a unit change?\n", ""), 24, "the question is missing"),
    ],
)
def test_problems_have_their_lines(change: tuple[str, str], line: int, told: str) -> None:
    text = TEXT.replace(*change, 1)
    assert text != TEXT
    with pytest.raises(InputError) as caught:
        parse_audit(text, where="audit.yaml")
    assert caught.value.where == "audit.yaml"
    assert told in caught.value.found
    assert f"line {line}: " in caught.value.found


def test_all_problems_at_once() -> None:
    text = TEXT.replace("severity: high", "severity: hgih", 1).replace("severity: low", "severity: lo")
    with pytest.raises(InputError) as caught:
        parse_audit(text)
    assert caught.value.found.count("line ") == 2


def test_files_that_are_no_audits(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    with pytest.raises(NotFoundError, match="no such audit") as caught:
        read_audit(path)
    assert caught.value.fix == f"mainspring eval audit new {path}"
    for text, told in (
        ("", "empty"),
        ("a: [", "line"),
        ("- 1", "not a mapping"),
        ("title: x", "there are no items"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_audit(path)
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="UTF-8"):
        read_audit(path)


@pytest.mark.parametrize("task", TASKS)
def test_the_template_is_an_audit_with_every_question_open(task: str, tmp_path: Path) -> None:
    text = template(title='Census "income"', task=task, slices=["sex", "sex * race", "age=young"])  # type: ignore[arg-type]  # a task
    audit = parse_audit(text)
    assert audit.title == 'Census "income"'
    assert {item.category for item in audit.items} == set(CATEGORIES)
    assert {item.status for item in audit.items} == {Status.OPEN}
    groups = next(item for item in audit.items if item.name == "groups")
    assert groups.slices == ("sex=*", "sex=*, race=*", "age=young")
    audit.save(tmp_path)
    assert Audit.load(tmp_path) == audit
    assert audit.properties() == {"title": 'Census "income"', "items": 21, "open": 21, "accepted": 0, "covered": 0}


def test_bounds_of_the_template_are_rules_once_they_are_taken_in() -> None:
    text = template(slices=["sex"]).replace("# at_", "at_")
    rules = [rule for item in parse_audit(text).items for rule in item.rules]
    assert "recall | sex=* >= 0.8" in rules
    assert [read_rule(rule).text for rule in rules] == rules


WORDS = st.text(alphabet="abc =≤'é", min_size=1, max_size=8)
ITEMS = st.builds(
    Item,
    name=WORDS,
    question=WORDS,
    category=st.sampled_from(CATEGORIES),
    severity=st.sampled_from(list(Severity)),
    status=st.sampled_from(list(Status)),
    slices=st.lists(WORDS, max_size=2).map(tuple),
    metric=st.none() | WORDS,
    at_least=st.none() | st.floats(-1, 1),
    evidence=st.lists(WORDS, max_size=2).map(tuple),
)


@given(
    st.builds(
        Audit,
        title=WORDS,
        agreed=st.lists(WORDS, max_size=2).map(tuple),
        items=st.lists(ITEMS, max_size=3).map(tuple),
    )
)
def test_json_gives_the_same_back(audit: Audit) -> None:
    assert Audit.from_dict(json.loads(json.dumps(audit.as_dict(), allow_nan=False))) == audit
