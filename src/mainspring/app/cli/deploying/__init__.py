"""``mainspring deploy``: what is served, declared in files."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "apply": "apply:apply",
    "check": "check:check",
    "diff": "check:diff",
    "history": "history:history",
    "remove": "apply:remove",
    "rollback": "apply:rollback",
    "schema": "check:schema",
    "status": "status:status",
    "template": "template:template",
    "watch": "watch:watch",
}
_SUMMARIES = {
    "apply": "Check files, show what would change, and have it so.",
    "check": "Say all that is wrong with files; nothing changes.",
    "diff": "What files would change; without files, what moved aliases would.",
    "history": "What was accepted, refused, served, and put right.",
    "remove": "Serve deployments no longer.",
    "rollback": "Have an earlier revision again.",
    "schema": "The JSON Schema of deployment files, for editors.",
    "status": "What is wanted, what is served, and what keeps them apart.",
    "template": "Write a workflow for GitHub or GitLab: tested, then promoted by merging.",
    "watch": "Accept what a folder or a git repository says, for a server elsewhere.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.deploying",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="apply",
    epilog="\b\nExamples:\n  mainspring deploy -f fares.yaml\n  mainspring deploy -f deployments --dry-run\n"
    "  mainspring deploy status\n  mainspring deploy rollback --reason 'worse on Sundays'\n"
    "  mainspring serve --deployments git+https://example.org/models.git#main:deployments",
)
def deploy() -> None:
    """What is served, declared in files: checked, compared, accepted, followed by a server, rolled back.

    Without a command: apply.
    """
