"""The way from a folder to a model that is watched: what was done, and the command for what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.app.api.desk import Desk
from mainspring.app.api.subjects.home.nouns import FirstStep


def first_steps(
    desk: Desk, *, ran: bool, model: str, version: str, in_use: bool, served: bool, watched: bool
) -> Sequence[FirstStep]:
    """The steps, in their order.

    Args:
        desk: Of whom.
        ran: Whether a run was complete.
        model: A registered model; empty for none.
        version: Its newest version; empty for none.
        in_use: Whether a version is in production.
        served: Whether a server answers with a model.
        watched: Whether windows of a model were judged.
    """
    settings = desk.platform.settings
    written = (settings.root / settings.project.pipeline.partition(":")[0]).is_file()
    name = model or settings.project.name or settings.root.name
    return [
        FirstStep(
            title="Write a pipeline for your data",
            text="Looks at a table, finds out what kind of problem it is, and writes a small project: a pipeline, "
            "settings and a schema that you can edit. Without data at hand, “mainspring demo” brings some.",
            command="mainspring init . --data FILE.csv --label COLUMN",
            done=written or ran,
            path="/settings",
        ),
        FirstStep(
            title="Run it",
            text="Reads, checks and describes the data, trains, evaluates against thresholds, and packages a "
            "model that passed. What has not changed is not done again.",
            command="mainspring run",
            done=ran,
            path="/runs",
        ),
        FirstStep(
            title="Bring a version into production",
            text="A run whose gates said yes registers a version. Who trusts it, and why, stays in the record.",
            command=f"mainspring promote {name}@{version or '1.0.0'} --to production",
            done=in_use,
            path="/models",
        ),
        FirstStep(
            title="Serve it",
            text="Answers requests over HTTP and logs them, with the same transform as in training.",
            command=f"mainspring serve {name}",
            done=served,
            path="/deployments",
        ),
        FirstStep(
            title="Have it watched",
            text="Judges what is asked, window by window: drift, quality, data. Tells people before users do.",
            command="mainspring monitor init && mainspring monitor run",
            done=watched,
            path="/monitoring",
        ),
    ]
