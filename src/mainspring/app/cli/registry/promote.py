"""``mainspring promote``, ``mainspring sign`` and ``mainspring reject``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.registry.references import version_of
from mainspring.app.cli.registry.show import follow
from mainspring.app.cli.words import bold, dim, json_option, print_json, who

_HELD = 3

_evidence = click.option(
    "--evidence",
    multiple=True,
    metavar="REF",
    help="What it rests on: artifact:ID, sha256:…, https://… (repeatable).",
)


@click.command(
    epilog='\b\nExamples:\n  mainspring promote taxi@1.2.0 --to production --comment "better on every slice"\n'
    "  mainspring promote taxi@1.2.0 --to production --status"
)
@click.argument("reference", metavar="NAME@VERSION")
@click.option("--to", "environment", default="production", show_default=True, help="The environment.")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--comment", help="Why; it stays in the record.")
@_evidence
@click.option(
    "--request", "only_ask", is_flag=True, help="Only ask for it, so that those who must sign hear of it."
)
@click.option("--push", is_flag=True, help="Serve it from the serving folder, even if nothing was pushed before.")
@click.option("--status", is_flag=True, help="Only say who signed, and what is missing.")
@json_option
def promote(
    reference: str,
    environment: str,
    by: str,
    comment: str | None,
    evidence: tuple[str, ...],
    only_ask: bool,
    push: bool,
    status: bool,
    as_json: bool,
) -> int:
    """Bring a version of a model into an environment, if its policy allows.

    What it takes is declared in `[[promotion]]` of mainspring.toml. What is served from the folder that models are
    pushed to follows the environment `production`. Exit code 3: something is missing; the
    promotion is then asked for, and everybody who must sign is named.
    """
    from mainspring.models.registry import PromotionRefusedError

    with platform.existing() as opened:
        version = version_of(opened.models, reference)
        name, number = version.name, version.version
        if status or only_ask:
            if only_ask:
                opened.models.request(name, number, to=environment, by=by, comment=comment or "")
            return _state(opened, name, str(number), environment, as_json=as_json)
        if not comment:
            raise click.UsageError("Missing option '--comment': why; it stays in the record.")
        try:
            move = opened.models.promote(name, number, to=environment, by=by, comment=comment, evidence=evidence)
        except PromotionRefusedError as refused:
            if as_json:
                print_json({"promoted": False, "missing": list(refused.missing), "error": dict(refused.as_dict())})
            else:
                click.echo(f"{version} is not promoted to {environment}; missing:")
                for one in refused.missing:
                    click.echo(f"  {click.style('✗', fg='red')} {one}")
                click.echo(dim("  next: ") + str(refused.fix))
            return _HELD
        follow(opened, version, environment, by=by, reason=comment, begin=push)
    if as_json:
        print_json({"promoted": True, "missing": [], "move": move.as_dict()})
    else:
        before = "" if move.before is None else f" (was {move.before})"
        click.echo(f"{name}@{environment} is {bold(str(number))}{before}")
    return 0


@click.command(
    epilog='\b\nExample:\n  mainspring sign taxi@1.2.0 --as risk --by Carla --comment "slices checked" '
    "--evidence artifact:12"
)
@click.argument("reference", metavar="NAME@VERSION")
@click.option("--for", "environment", default="production", show_default=True, help="The environment.")
@click.option("--as", "role", required=True, help="For which role.")
@click.option("--by", required=True, help="Who signs.")
@click.option("--comment", required=True, help="What was looked at, and found; it stays in the record.")
@click.option("--reject", is_flag=True, help="Say no.")
@_evidence
@json_option
def sign(
    reference: str,
    environment: str,
    role: str,
    by: str,
    comment: str,
    reject: bool,
    evidence: tuple[str, ...],
    as_json: bool,
) -> None:
    """Sign for a role that a version may be brought into an environment (or reject it).

    A signature is about the version and the evidence as they are now: it expires when evidence is added.
    """
    with platform.existing() as opened:
        version = version_of(opened.models, reference)
        say = opened.models.reject if reject else opened.models.sign
        given = say(
            version.name, version.version, to=environment, role=role, by=by, comment=comment, evidence=evidence
        )
        if not as_json:
            word = "rejected" if reject else "signed"
            click.echo(f"{version} {word} for {environment} by {given.by} as {given.role}")
        _state(opened, version.name, str(version.version), environment, as_json=as_json)


@click.command(
    epilog='\b\nExample:\n  mainspring attach taxi@1.2.0 --evidence https://host/audit.pdf --comment "audit"'
)
@click.argument("reference", metavar="NAME@VERSION")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--comment", required=True, help="What it is; it stays in the record.")
@_evidence
@json_option
def attach(reference: str, by: str, comment: str, evidence: tuple[str, ...], as_json: bool) -> None:
    """Add evidence about a version. What was signed without it has expired."""
    with platform.existing() as opened:
        version = version_of(opened.models, reference)
        given = opened.models.attach(version.name, version.version, evidence=evidence, by=by, comment=comment)
    if as_json:
        print_json(given.as_dict())
    else:
        click.echo(f"evidence about {version} added by {by}: {comment}")


def _state(opened: platform.Mainspring, name: str, number: str, environment: str, *, as_json: bool) -> int:
    state = opened.models.promotion(name, number, to=environment)
    held = opened.models.aliases(name).get(environment)
    if as_json:
        print_json(
            {
                "name": name,
                "version": number,
                "environment": environment,
                "current": None if held is None else str(held),
                "signed": [one.as_dict() for one in state.signed],
                "missing": list(state.missing),
                "asked": state.asked,
            }
        )
    else:
        for one in state.signed:
            click.echo(f"  {click.style('✓', fg='green')} {one.role}: {one.by}: {one.comment}")
        for text in state.missing:
            click.echo(f"  {click.style('✗', fg='red')} missing: {text}")
        if not state.missing and str(held) != number:
            click.echo(dim("  next: ") + f'mainspring promote {name}@{number} --to {environment} --comment "…"')
    return _HELD if state.missing else 0
