"""``mainspring init``: writes a small project that trains on the user's data."""

from __future__ import annotations

import keyword
import os
import re
import sys
from pathlib import Path
from typing import Final

from mainspring.app.looking import Look
from mainspring.core.errors import ConflictError

_TAKEN: Final = frozenset({"curated", "latest_blessed", "pipeline", "steps", "when", "approval"})
"""Names that the project's own file uses."""


def write_project(
    folder: Path, data: Path, seen: Look, *, name: str | None = None, force: bool = False
) -> list[Path]:
    """Write ``pipeline.py`` and ``mainspring.toml`` into a folder.

    Args:
        folder: Where; it is made if it is not there.
        data: The file that the pipeline reads.
        seen: What was seen in it.
        name: Name of the pipeline and of the model; the folder's by default.
        force: Overwrite files that are there.

    Raises:
        ConflictError: If one is there already and ``force`` is not given.
    """
    name = _identifier(name or folder.resolve().name)
    files = {
        folder / "pipeline.py": _pipeline(name, folder, data, seen),
        folder / "mainspring.toml": _settings(name),
    }
    there = [file.name for file in files if file.exists()]
    if there and not force:
        raise ConflictError(
            f"{folder} already has {', '.join(there)}", fix="choose another folder, or overwrite them: --force"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(".mainspring/\n__pycache__/\n", encoding="utf-8")
    return list(files)


def _identifier(name: str) -> str:
    word = re.sub(r"\W+", "_", name).strip("_").lower() or "model"
    return f"m_{word}" if word[0].isdigit() or keyword.iskeyword(word) or word in _TAKEN else word


def _pipeline(name: str, folder: Path, data: Path, seen: Look) -> str:
    location = os.path.relpath(data.resolve(), folder.resolve())
    options = f", csv={dict(seen.dialect)!r}" if seen.dialect else ""
    if seen.unlabelled:
        quoted = '"' + seen.label.replace('"', '""') + '"'
        options += f", where={quoted + ' IS NOT NULL'!r}"
    exclude = [column for column, _ in seen.giveaways]
    note = ""
    if exclude:
        best = ", ".join(f"{column} (area under the curve {area:.2f})" for column, area in seen.giveaways)
        note = (
            f"    # Left out, because alone they give the label away: {best}.\n"
            "    # Take a column off this list if it is really known when a prediction is asked for.\n"
        )
    learner, params = _learner(seen)
    least, better = ('{"auc": 0.6}', '{"auc": 0.0}') if seen.classes else ('{"r2": 0.0}', '{"rmse": 0.0}')
    return _TEMPLATE.format(
        name=name,
        label=seen.label,
        location=location,
        options=options,
        slices=list(seen.slices),
        exclude=f", exclude={exclude!r}" if exclude else "",
        note=note,
        loop="" if exclude else _LOOP.format(name=name),
        loop_parameters="" if exclude else _LOOP_PARAMETERS,
        loop_told="" if exclude else _LOOP_TOLD,
        learner=learner,
        params=params,
        least=least,
        better=better,
    )


def _learner(seen: Look) -> tuple[str, str]:
    """The learner to begin with, and its parameters as source text."""
    kind = "Classifier" if seen.classes else "Regressor"
    if _has_openmp():
        return f"lightgbm.LGBM{kind}", '{"n_estimators": 200, "learning_rate": 0.05, "num_leaves": 31}'
    return f"sklearn.ensemble.HistGradientBoosting{kind}", '{"max_iter": 200, "learning_rate": 0.05}'


def _has_openmp() -> bool:
    """Whether LightGBM's wheel can be loaded: on Linux it needs the system's OpenMP runtime (``libgomp1``)."""
    import ctypes

    if not sys.platform.startswith("linux"):
        return True
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        return False
    return True


_LOOP_PARAMETERS: Final = """
    traffic: bool = False,
    since: str = "","""
_LOOP_TOLD: Final = """
        traffic: Whether to learn from logged requests, too: those of which the truth is known by now.
        since: Only requests from this time on, such as 2026-01-31; empty for all."""
_LOOP: Final = """\
    if traffic:  # trained again, on what the model was asked since and people said of it; the newest rows judge
        examples = steps.logged_examples(examples, model={name!r}, label=LABEL, since=since)
"""
"""Not for data of which columns are left out: requests do not have them, and rows of the log would not fit."""

_TEMPLATE = '''"""The life of the model {name!r}: from the data to an answered request.

Every call below is a step. What has not changed since an earlier run is not done again.

    mainspring run               run it
    mainspring why-not-cached    why a step had to run
    mainspring lineage {name}    where the model came from
    mainspring serve {name}      answer requests
    mainspring monitor init      have the served model watched
"""

from mainspring import File, curated, latest_blessed, pipeline, steps, when

LABEL = {label!r}
SLICES = {slices!r}
PARAMS = {params}


@pipeline
def {name}(
    data: File = File({location!r}),
    estimator: str = "{learner}",
    params: dict = PARAMS,{loop_parameters}
):
    """From a file of rows to a version of the model that answers requests.

    Args:
        data: The file to learn from; its path starts at the project's folder.
        estimator: The learner, by its full name: any of scikit-learn or LightGBM that fits the label.
        params: What the learner is given, by the names that it knows.{loop_told}
    """
    # Data: split by a stable hash of each row, described, and checked against the schema. The schema is
    # proposed on the first run and kept in schema.yaml: from then on it is yours to edit and review.
    examples = steps.ingest(data, splits={{"train": 3, "eval": 1}}{options})
{loop}    statistics = steps.statistics(examples)
    schema = curated(steps.infer_schema(statistics, label=LABEL), file="schema.yaml")
    # A gate: nothing below runs on data that does not fit.
    steps.validate(statistics, schema, examples=examples)

    # Model: one transform for training and serving, any scikit-learn or LightGBM estimator.
{note}    transform = steps.transform(examples, schema{exclude})
    model = steps.train(examples, transform, estimator=estimator, params=params)

    # Judgement: overall and by slice, against thresholds and against the latest blessed model.
    evaluation = steps.evaluate(model, examples, label=LABEL, slices=SLICES)
    baseline = steps.evaluate.named("evaluate_baseline")(
        latest_blessed(model), examples, label=LABEL, slices=SLICES
    )
    verdict = steps.gate(evaluation, baseline, at_least={least}, better_by={better})

    with when(verdict):
        # Package: transform and model in one file, proved equal to the trained model on real rows, with what it
        # was trained on to be watched by; then asked through a real server. To have a person sign off, import
        # `approval` and add to `when` below: approval("Release {name}?", evidence=[verdict, evaluation])
        package = steps.package(model, examples, evaluation, statistics=statistics, schema=schema)
        served = steps.infra_validate(package, model, examples)

        with when(served):
            version = steps.register(package, evaluation, name={name!r})
            steps.push(package, version)
'''


def _settings(name: str) -> str:
    return f'''# Settings of this project. Everything not given here has a default: see the page on settings.

[project]
name = "{name}"
pipeline = "pipeline.py"

[store]
record = "sqlite:///.mainspring/record.db"   # or postgresql://user@host/database, mysql://user@host/database
artifacts = ".mainspring/artifacts"

[serving]
port = 8080

# `mainspring scheduler` starts runs by rules such as these:
# [[schedule]]
# cron = "0 3 * * *"
# [[schedule]]
# data = "incoming/*.csv"
# [[schedule]]
# topic = "retrain"    # what the section `retraining` of monitoring.yaml asks for
'''
