"""``mainspring rollout``: which version of a model answers, how that stands, and what people make of it."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "advance": "acting:advance",
    "evaluate": "evaluating:evaluate",
    "history": "standing:history",
    "hold": "acting:hold",
    "label": "acting:label",
    "plan": "planning:plan",
    "promote": "acting:promote",
    "report": "standing:report",
    "resume": "acting:resume",
    "rollback": "acting:rollback",
    "share": "acting:share",
    "state": "learned:state",
    "status": "standing:status",
}
_SUMMARIES = {
    "advance": "Take a canary to its next step.",
    "evaluate": "What other policies would be worth, from the log of a rollout.",
    "history": "What was decided about the rollouts of a model, and why.",
    "hold": "Stay at this step, and decide nothing.",
    "label": "Have a label stand for another version, from one request to the next.",
    "plan": "How many callers an A/B test needs.",
    "promote": "Make an arm the primary one.",
    "report": "How a shadow's answers differ from those that went out.",
    "resume": "Go on with a rollout that is held or over.",
    "rollback": "Have the primary version alone answer.",
    "share": "Give the candidate of a canary so many of a hundred requests.",
    "state": "What a bandit has learned: look at it, take it elsewhere, forget.",
    "status": "How a rollout stands: shares, figures, guards, readout.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.rollout",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    epilog="\b\nExamples:\n  mainspring rollout status taxi\n  mainspring rollout promote taxi\n"
    "  mainspring rollout history taxi",
)
def rollout() -> None:
    """Canaries, experiments, bandits and shadows of a server: look at them, and decide.

    The key of a server that asks for one comes from the environment variable MAINSPRING_API_KEY.
    """
