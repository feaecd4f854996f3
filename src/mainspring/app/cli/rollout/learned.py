"""``mainspring rollout state``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.words import bold, json_option, print_json, table
from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from mainspring.serving.rollout.state import SharedState


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout state state/rollouts/taxi/bandit\n"
    "  mainspring rollout state state/rollouts/taxi/bandit --json > learned.json\n"
    "  mainspring rollout state state/rollouts/taxi/bandit --restore learned.json\n"
    "  mainspring rollout state state/rollouts/taxi/bandit --rename 3 candidate"
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--restore",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put what --json printed in the place of all that is known.",
)
@click.option("--rename", nargs=2, metavar="OLD NEW", help="Know an arm by another name.")
@click.option("--forget", multiple=True, metavar="ARM", help="Forget what is known of an arm (repeatable).")
@click.option("--forget-all", is_flag=True, help="Forget what is known of all arms.")
@json_option
def state(
    folder: Path,
    restore: Path | None,
    rename: tuple[str, str] | None,
    forget: tuple[str, ...],
    forget_all: bool,
    as_json: bool,
) -> None:
    """What a bandit has learned: look at it, take it elsewhere, rename arms, forget. Servers may go on."""
    from mainspring.serving.rollout.state import SharedState

    if restore is None and not (folder / "board").exists():
        raise NotFoundError(f"no bandit keeps its state in {folder}", expected="the folder with board and journal")
    with SharedState(folder) as opened:
        if restore is not None:
            opened.restore(_read(restore))
        if rename is not None:
            opened.rename(*rename)
        for arm in forget:
            opened.reset(arm)
        if forget_all:
            opened.reset()
        if as_json:
            print_json(opened.export())
        else:
            _print(opened)


def _print(state: SharedState) -> None:
    known = state.known()
    if not known.arms:
        click.echo("nothing was learned yet")
        return
    rows = [
        (
            bold(arm),
            f"{known.count[place]:.0f}",
            f"{known.mean[place]:.4g}" if known.count[place] else "-",
            f"{math.sqrt(known.squares[place] / known.count[place]):.4g}" if known.count[place] else "-",
        )
        for place, arm in enumerate(known.arms)
    ]
    click.echo(table(rows, ("arm", "rewards", "mean", "deviation")))
    if known.features:
        click.echo(f"features: {', '.join(known.features)}")


def _read(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"this is not JSON: {error}", where=str(file)) from error
    if not isinstance(value, dict):
        raise InputError("this is no JSON object", where=str(file), expected="what --json prints")
    return value
