"""``mainspring eval``: judging models and predictions. One module per command."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "audit": "audit:audit",
    "compare": "compare:compare",
    "effects": "effects:effects",
    "errors": "errors:errors",
    "fairness": "fairness:fairness",
    "importance": "importance:importance",
    "mitigate": "mitigate:mitigate",
    "report": "report:report",
    "robustness": "robustness:robustness",
    "slices": "slices:slices",
    "what-if": "what_if:what_if",
}
_SUMMARIES = {
    "audit": "The checklist of ways to go wrong: start it, see it, judge by it.",
    "compare": "Whether a model may take the place of another; exit code 3 where not.",
    "effects": "How the answer changes along each column, over all rows.",
    "errors": "What the errors have in common, and what is worth mending first.",
    "fairness": "How a model treats groups of people; exit code 3 where a bound fails.",
    "importance": "What a model depends on: columns shuffled, and what that costs.",
    "mitigate": "What narrows the gap between groups, and what it costs.",
    "report": "How good a model is, overall and by slice, on one page.",
    "robustness": "What becomes of answers when data goes wrong, or when somebody means harm.",
    "slices": "Where a model is worst: slices found without being named.",
    "what-if": "What a model would answer to a row with other values.",
}


@click.group(
    "eval",
    cls=LazyGroup,
    package="mainspring.app.cli.evaluation",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    epilog="\b\nExamples:\n  mainspring eval report test.csv --label income --model census@production\n"
    "  mainspring eval slices scored.parquet --label default --scores probability",
)
def evaluation() -> None:
    """Judge a model, or predictions that lie in the data, on labelled rows.

    FILE is a file, a folder, a glob in quotes or the URL of a database (with --table or --query). What is judged
    is a registered model or a package (--model), or columns of the data (--scores, --predicted).
    """
