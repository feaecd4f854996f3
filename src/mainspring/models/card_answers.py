"""What the model card says about how scores become answers: calibration, cutoff, and assertions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.evaluation.assertions import Assertion
from mainspring.models.card_text import Block, Bullets, Grid, Text

_KNOWN = ("calibration_error", "brier", "log_loss")


def answers(details: Mapping[str, Any]) -> list[Block]:
    """The blocks about calibration and decision; none if the model has neither."""
    calibration, decision = details.get("calibration"), details.get("decision")
    blocks = [] if calibration is None else _calibration(calibration)
    blocks += [] if decision is None else _decision(decision)
    notes = [note for found in (calibration, decision) if found is not None for note in found["notes"]]
    return [*blocks, Bullets([f"{note}." for note in notes])] if notes else blocks


def enforced(assertions: Sequence[Assertion]) -> list[Block]:
    """The blocks about assertions; none if the model declares none."""
    if not assertions:
        return []
    words = "Whatever the model says, its answers are held to these, in evaluation and at every request:"
    rows = [(one.name, f"`{one.when}`", one.does, one.message) for one in assertions]
    return [Text(words), Grid(("assertion", "where", "what happens", "why"), rows)]


def _calibration(found: Mapping[str, Any]) -> list[Block]:
    where = f"{found['rows']:,} rows" + (f" of `{found['split']}`" if found["split"] else "")
    if found["calibrator"] is None:
        return [Text(f"The probabilities are as the estimator gives them: on {where} no calibration was better.")]
    rows = [(name, found["before"][name], found["after"][name]) for name in _KNOWN]
    rate = _for(found["base_rate"])
    return [
        Text(
            f"The probabilities are calibrated by {found['method']} on {where}{rate}, judged by cross-validation."
        ),
        Grid(("figure", "before", "after"), rows),
    ]


def _decision(found: Mapping[str, Any]) -> list[Block]:
    column = found["column"]
    rest = f"; by `{column}`, and from there on for all other values" if column else ""
    interval = found["interval"]
    sure = f" (95 % interval {interval[0]:.4g} to {interval[1]:.4g})" if interval else ""
    words = f"It answers `{found['positive']}` from a probability of {found['at']:.6g} on{sure}{rest}."
    blocks: list[Block] = [Text(f"{words} Chosen by: {found['rule']}{_for(found['base_rate'])}.")]
    if found["groups"]:
        blocks.append(Grid((str(column), "cutoff"), sorted(found["groups"].items())))
    if found["figures"]:
        blocks.append(Grid(("at the cutoff", "value"), sorted(found["figures"].items())))
    return blocks


def _for(base_rate: float | None) -> str:
    return "" if base_rate is None else f", for a share of the positive class of {base_rate:g}"
