"""The audit to start from: the questions that are worth asking of any model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from mainspring.evaluation.audit.audit import CATEGORIES
from mainspring.evaluation.slicing import CROSS

Task = Literal["binary", "multiclass", "regression"]

TASKS: Final[tuple[Task, ...]] = ("binary", "multiclass", "regression")

_HEAD: Final = """\
# The performance audit of a model. Three things to do, together with those who answer for it:
#
#   1. Brainstorm the ways in which it might go wrong: on which people, things or days, through which data?
#   2. For each, say which metric on which slice of the rows shows it, and how good is good enough.
#   3. Agree on the list with the owner of the product, and write the names under `agreed`.
#
# Keys of an item:
#   question   the way to go wrong, as a question
#   category   {categories}
#   severity   high, medium or low: how bad it would be. High and open without a rule keeps the gate closed
#   status     open; covered (by a rule, or by evidence); accepted (then `by` and `reason` say by whom and why)
#   owner      who looks after it
#   metric     with at_least or at_most: the bound that it is held against
#   slices     where: ["sex=Female", "sex=*", "*"]; all rows without it
#   rule       or an expression: "recall | sex=* >= 0.8", "accuracy >= baseline - 0.005 if size_bytes <= 5 MB"
#   evidence   what was looked at: pages, runs, notebooks, sentences
#
# Strike what does not apply, add what does. `mainspring eval audit check` holds a model against it.
"""


class _Question(NamedTuple):
    name: str
    category: str
    severity: str
    question: str
    hint: str = ""


_QUESTIONS: Final = (
    _Question("good-enough", "accuracy", "high", "Is it good enough on the average for what it is used for?"),
    _Question(
        "better-than-today",
        "accuracy",
        "high",
        "Is it better than what is in use today, and than the simplest thing that could be done?",
    ),
    _Question(
        "costly-mistakes", "accuracy", "medium", "Which mistake costs the most, and how often does it happen?"
    ),
    _Question("sure-but-wrong", "accuracy", "medium", "Are its probabilities right where decisions hang on them?"),
    _Question(
        "groups",
        "fairness",
        "high",
        "Does it serve people of some sex, age, origin, language or region worse than others?",
    ),
    _Question(
        "crossed-groups", "fairness", "medium", "And those who belong to two such groups at once (sex * race)?"
    ),
    _Question(
        "proxies",
        "fairness",
        "medium",
        "Do other columns (a postal code, a first name) stand for a protected one?",
    ),
    _Question(
        "known-slices", "subpopulations", "high", "Is it good enough in every part of the data that matters?"
    ),
    _Question(
        "unknown-slices",
        "subpopulations",
        "medium",
        "Where is it worst, if slices are searched for without being named?",
        "mainspring eval slices",
    ),
    _Question(
        "rare-classes", "rare-classes", "medium", "Does it find the rare class or case that it was built for?"
    ),
    _Question(
        "missing-values", "robustness", "medium", "What does it answer when columns come empty or misspelt?"
    ),
    _Question(
        "other-times",
        "robustness",
        "medium",
        "Does it hold on newer rows than it has seen: another season, other prices, new products?",
    ),
    _Question(
        "odd-inputs",
        "robustness",
        "low",
        "What does it answer to rows that nobody foresaw, or that somebody made up?",
    ),
    _Question("labels", "data-quality", "high", "Are the labels right? How many were read again, and by whom?"),
    _Question(
        "sample", "data-quality", "medium", "Are the rows drawn as they come in use, or as they were easy to get?"
    ),
    _Question(
        "units", "data-quality", "low", "Did a unit, a code or a default change while the data was gathered?"
    ),
    _Question(
        "future-features", "leakage", "high", "Is any column known only after the answer, or made from the answer?"
    ),
    _Question(
        "split",
        "leakage",
        "high",
        "Do the same person, thing or duplicated rows stand in training and evaluation?",
    ),
    _Question(
        "feedback", "leakage", "low", "Do the answers of an earlier model decide which rows were labelled at all?"
    ),
    _Question("speed", "operation", "medium", "Is it fast and small enough where it runs?"),
    _Question("misuse", "use", "low", "What else could its answers be used for, and who may overrule them?"),
)

_MEASURES: Final[dict[Task, dict[str, list[str]]]] = {
    "binary": {
        "good-enough": ["metric: auc", "# at_least: 0.8"],
        "better-than-today": ["rule: auc >= baseline"],
        "costly-mistakes": ["metric: false_positive_rate", "# at_most: 0.05"],
        "sure-but-wrong": ["metric: brier", "# at_most: 0.1"],
        "groups": ["metric: recall", "# at_least: 0.8"],
        "known-slices": ["metric: accuracy", "# at_least: 0.75"],
        "rare-classes": ["metric: recall", "# at_least: 0.7"],
    },
    "multiclass": {
        "good-enough": ["metric: balanced_accuracy", "# at_least: 0.8"],
        "better-than-today": ["rule: balanced_accuracy >= baseline"],
        "sure-but-wrong": ["metric: log_loss", "# at_most: 0.5"],
        "groups": ["metric: balanced_accuracy", "# at_least: 0.7"],
        "known-slices": ["metric: accuracy", "# at_least: 0.75"],
        "rare-classes": ["metric: recall[NAME]", "# at_least: 0.7"],
    },
    "regression": {
        "good-enough": ["metric: rmse", "# at_most: 1.0"],
        "better-than-today": ["rule: rmse <= baseline"],
        "costly-mistakes": ["metric: mean_error", "# at_most: 0.1"],
        "groups": ["metric: mae", "# at_most: 1.0"],
        "known-slices": ["metric: mae", "# at_most: 1.0"],
    },
}


def template(*, title: str = "Model", task: Task = "binary", slices: Sequence[str] = ()) -> str:
    """The text of an audit in which all questions are open, as YAML for a team to fill in.

    Args:
        title: What is audited.
        task: Decides which metrics are proposed.
        slices: Columns, or slices (``"sex=Female"``), to put under the questions that ask for some.
    """
    lines = [
        _HEAD.format(categories=", ".join(CATEGORIES)),
        f"title: {json.dumps(title, ensure_ascii=False)}",
        'purpose: ""  # what it decides, for whom, and what happens with its answers',
        "agreed: []",
        "",
        "items:",
    ]
    for asked in _QUESTIONS:
        lines += [
            f"  {asked.name}:",
            f"    question: {json.dumps(asked.question, ensure_ascii=False)}",
            f"    category: {asked.category}",
            f"    severity: {asked.severity}",
            "    status: open",
            '    owner: ""',
            *(f"    {line}" for line in _MEASURES[task].get(asked.name, [])),
        ]
        if asked.name in ("groups", "known-slices"):
            lines.append(
                f"    slices: {json.dumps([_pattern(one) for one in slices] or ['*'], ensure_ascii=False)}"
            )
        if asked.name == "speed":
            lines.append("    # rule: latency_p50 <= 20 ms and size_bytes <= 50 MB")
        if asked.hint:
            lines.append(f"    # {asked.hint}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _pattern(given: str) -> str:
    """A column, or a cross of columns, as the slices of each of its values."""
    if "=" in given or given == "*":
        return given
    return ", ".join(f"{column.strip()}=*" for column in given.replace(CROSS, "*").split("*"))
