"""``mainspring rollout plan``."""

from __future__ import annotations

import math

import click

from mainspring.app.cli.words import bold, dim, json_option, print_json
from mainspring.core.errors import InputError


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout plan --share 0.1 --effect 0.02\n"
    "  mainspring rollout plan --share 0.1 --effect 0.2 --relative --per-day 5000\n"
    "  mainspring rollout plan --deviation 12 --effect 1.5 --arms 3 --once"
)
@click.option("--share", type=float, help="Of a test of shares: what the first arm has, between 0 and 1.")
@click.option("--deviation", type=float, help="Of a test of means: the standard deviation of values.")
@click.option("--mean", type=float, help="With --deviation and --relative: the first arm's mean.")
@click.option("--effect", type=float, required=True, help="The smallest difference that matters.")
@click.option("--relative", is_flag=True, help="The effect is a part of the share or the mean.")
@click.option(
    "--arms", type=click.IntRange(2), default=2, show_default=True, help="How many arms, dealt equally often."
)
@click.option(
    "--weight", "weights", type=float, multiple=True, help="How often an arm is dealt, for each of them, in order."
)
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    show_default=True,
    help="How surely nothing is found where nothing is, for all arms together.",
)
@click.option(
    "--power", type=float, default=0.8, show_default=True, help="How surely a difference of that size is found."
)
@click.option("--once", is_flag=True, help="It is read once, at the end, instead of again and again.")
@click.option("--per-day", type=float, help="How many callers or requests come in a day.")
@json_option
def plan(
    share: float | None,
    deviation: float | None,
    mean: float | None,
    effect: float,
    relative: bool,
    arms: int,
    weights: tuple[float, ...],
    confidence: float,
    power: float,
    once: bool,
    per_day: float | None,
    as_json: bool,
) -> None:
    """How many callers an A/B test needs before it can tell what it is made to tell.

    What is counted are callers if arms are dealt by caller (sticky), and requests if every request is dealt anew.
    """
    from mainspring.serving.rollout.experiments import plan_means, plan_shares

    if (share is None) == (deviation is None):
        raise InputError("it is not said what is compared", expected="--share, or --deviation")
    if deviation is not None and relative is not (mean is not None):
        raise InputError("--relative and --mean belong together", expected="both, or neither")
    dealt = weights or (1.0,) * arms
    if share is not None:
        found = plan_shares(
            share,
            effect,
            relative=relative,
            weights=dealt,
            confidence=confidence,
            power=power,
            sequential=not once,
            per_day=per_day,
        )
    else:
        found = plan_means(
            deviation or 0.0,
            effect,
            mean=mean,
            weights=dealt,
            confidence=confidence,
            power=power,
            sequential=not once,
            per_day=per_day,
        )
    if as_json:
        print_json(dict(found.as_dict()))
        return
    sizes = ", ".join(str(size) for size in found.sizes)
    click.echo(f"{bold(str(found.total))} in all: {sizes}")
    if found.days is not None:
        click.echo(f"{math.ceil(found.days)} days at {per_day:g} a day")
    other, way = (found.sequential, "read again and again") if once else (found.fixed, "read once, at the end")
    click.echo(dim(f"{sum(other)} if it is {way}"))
    click.echo(
        dim(
            f"finds a difference of {found.effect:g} with a probability of {power:g}, "
            f"and one where there is none with at most {1 - confidence:.3g}"
        )
    )
