"""Arguments that mean the same wherever they are taken, so that nobody describes them twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_EVERYWHERE: Final[Mapping[str, str]] = {
    "descending": "The largest or newest first.",
    "limit": "How many to give at most.",
    "model": "The name of the model.",
    "offset": "How many to pass over.",
    "reason": "Why; it stays in the record.",
    "run": "The run: its name, a part of it that fits no other, `latest`, `latest~1`.",
    "since": "Only from this day or moment on, in ISO 8601.",
    "step": "The name of the step.",
    "until": "Only up to this day or moment, in ISO 8601.",
    "version": "The version, by its number.",
}
_IN_SUBJECT: Final[Mapping[str, str]] = {
    "alerts.alerts": "The ids of the alerts.",
    "artifacts.artifact": "The artifact, by its number.",
    "data.artifact": "The artifact, by its number.",
    "data.columns": "Only these columns.",
    "data.down": "The largest first.",
    "data.file": "The schema file.",
    "data.name": "The name of the data set.",
    "data.sort": "A column to sort by; the order of the source by default.",
    "data.split": "Only the rows of this split.",
    "data.version": "The version, by its number, or `latest`.",
    "data.where": "Conditions that all must hold, as for `data.rows`.",
    "deployments.name": "What messages call the file.",
    "deployments.request": "The id of the request.",
    "deployments.seen": "The `number` of the rollout as it was seen; if it has changed since, nothing is done.",
    "deployments.row": "Which row of the request, from 0.",
    "executions.execution": "The execution, by its number.",
    "jobs.job": "The id of the job.",
    "models.comment": "Why; it stays in the record with the signature or the promotion.",
    "models.environment": "The environment, such as `production`.",
    "models.evidence": "`artifact:ID`, `sha256:…` or an address; several are parted by spaces or lines.",
    "models.role": "For which role of the environment's policy.",
    "models.row": "Values by column.",
    "models.version": "The version: its number, or an alias such as `production`.",
    "monitoring.text": "The whole text of the monitoring file.",
    "monitoring.within": "`day`, `week`, `month`, `year` or `all`, up to the last window.",
    "reviews.item": "The id of the row.",
    "reviews.name": "The name of the reviews: the model's.",
    "reviews.shown": "Whether what the model said is told, too.",
    "runs.name": "The name of the run; made of the pipeline and the time where it is left out.",
    "runs.end": "Leave out what comes after these steps.",
    "runs.file": "The file of the pipeline, with `:NAME` for one of several; the project's by default.",
    "runs.only": "Run these steps alone.",
    "runs.parameters": "Parameters of the pipeline by name; those left out have their defaults.",
    "runs.pipeline": "The name of the pipeline; the only one by default.",
    "runs.start": "Leave out what comes before these steps.",
    "simulations.name": "What the other policy is called.",
    "simulations.model": "The name of the model.",
    "tokens.role": "At most what it may do: viewer, editor, approver or admin.",
    "users.role": "What they may do: viewer, editor, approver or admin.",
    "webhooks.name": "The name of the webhook.",
}


def meaning(operation: str, argument: str) -> str:
    """What an argument means, if its operation says nothing of it; empty if that is not known either.

    Example:
        >>> meaning("runs.show", "run")[:8], meaning("alerts.resolve", "alerts")
        ('The run:', 'The ids of the alerts.')
    """
    subject = operation.partition(".")[0]
    return _IN_SUBJECT.get(f"{subject}.{argument}") or _EVERYWHERE.get(argument, "")
