"""``mainspring init``: looks at the user's data and writes a small project that trains on it."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import ConflictError, InputError

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data import Table

_PROTECTED = ("sex", "gender", "race", "ethnicity", "religion", "disability", "marital-status", "marital_status")
"""Columns by which people must not be treated differently: looked at first."""

_MISSING = ("?", "NA", "N/A", "NULL", "null", "nan", "NaN", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen in the data.

    Attributes:
        classes: How many values the label has; 0 for a number to be predicted.
        slices: Columns worth looking at one by one in the evaluation.
        giveaways: Columns that alone give the label away, with how well (area under the curve).
        dialect: Options that the text file needs, as ``ingest`` takes them.
        rows: How many rows.
    """

    label: str
    classes: int
    rows: int
    slices: Sequence[str] = ()
    giveaways: Sequence[tuple[str, float]] = ()
    dialect: Mapping[str, Any] = field(default_factory=dict)


def look(data: Path, label: str, *, names: Sequence[str] = ()) -> Look:
    """Read a file as ``ingest`` will, and see what kind of problem it is.

    Raises:
        InputError: If the label is not among the columns, or holds nothing to learn.
    """
    from mainspring.data import Table

    dialect: dict[str, Any] = {"header": False, "names": list(names)} if names else {}
    if data.suffix == ".parquet":
        table = Table.read_parquet(data)
    else:
        table = Table.read_csv(data, **dialect)
        needed = _needs(table)
        if needed:
            dialect |= needed
            table = Table.read_csv(data, **dialect)
    if label not in table.names:
        close = difflib.get_close_matches(label, table.names, n=1)
        headless = sum(_is_number(name) for name in table.names) >= 2
        fix = "give the names of the columns: --names age,workclass,…" if headless else "name the label: --label"
        raise InputError(
            f"there is no column {label!r} in {data.name}" + ("; it seems to have no header" if headless else ""),
            expected="one of " + ", ".join(table.names),
            fix=f"--label {close[0]}" if close else fix,
        )
    return _judge(table, label, dialect)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _needs(table: Table) -> dict[str, Any]:
    """The options that a file needs: spaces around cells to take off, words that stand for a missing value."""
    from mainspring.data import ColumnType

    spaced, words = False, set()
    for column in table.columns:
        if column.type is ColumnType.STRING:
            quoted = '"' + column.name.replace('"', '""') + '"'
            seen = table.sql(f"SELECT DISTINCT {quoted} AS v FROM this WHERE {quoted} IS NOT NULL LIMIT 2000")  # noqa: S608 - the name is quoted
            values = [str(value) for value in seen.to_columns()["v"]]
            spaced = spaced or any(value != value.strip() for value in values)
            words |= {value.strip() for value in values} & set(_MISSING)
    needed: dict[str, Any] = {"trim": True} if spaced else {}
    return {**needed, "missing": sorted(words)} if words else needed


def _judge(table: Table, label: str, dialect: Mapping[str, Any]) -> Look:
    from mainspring.data import ColumnType

    kind = table.type_of(label)
    values = [value for value in table.to_columns()[label] if value is not None]
    distinct = len(set(values))
    if distinct < 2:
        raise InputError(
            f"the label {label!r} has {distinct} different values",
            expected="at least two, else nothing can be learnt",
        )
    whole = kind in (ColumnType.INT, ColumnType.STRING, ColumnType.BOOL)
    classes = distinct if kind in (ColumnType.STRING, ColumnType.BOOL) or (whole and distinct <= 20) else 0
    slices = []
    for column in table.columns:
        if column.name != label and column.type in (ColumnType.STRING, ColumnType.BOOL):
            different = {value for value in table.to_columns()[column.name] if value is not None}
            if 2 <= len(different) <= 12:
                slices.append(column.name)
    giveaways = _giveaways(table, label) if classes == 2 else []
    return Look(
        label=label,
        classes=classes,
        rows=table.num_rows,
        slices=sorted(slices, key=lambda name: name.lower() not in _PROTECTED)[:3],
        giveaways=giveaways,
        dialect=dialect,
    )


def _giveaways(table: Table, label: str) -> list[tuple[str, float]]:
    """Numeric columns that alone rank the label almost perfectly: often known only after the fact."""
    import numpy as np

    from mainspring.data import ColumnType

    words = table.to_columns()[label]
    top = max({str(word) for word in words if word is not None})
    positive = np.array([word is not None and str(word) == top for word in words])
    found = []
    for column in table.columns:
        if column.name != label and column.type in (ColumnType.INT, ColumnType.FLOAT):
            score = _area(table.column(column.name), positive)
            if max(score, 1 - score) >= 0.95:
                found.append((column.name, max(score, 1 - score)))
    return found


def _area(values: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve of one column, ties counted half; missing values are left out."""
    import numpy as np

    seen = ~np.isnan(values)
    values, positive = values[seen], positive[seen]
    count = int(positive.sum())
    if count == 0 or count == len(positive) or len(values) < 50:
        return 0.5
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(values) - count)))


def write_project(folder: Path, data: Path, seen: Look, *, force: bool = False) -> list[Path]:
    """Write ``pipeline.py`` and ``mainspring.toml`` into a folder.

    Raises:
        ConflictError: If one is there already and ``force`` is not given.
    """
    name = _identifier(folder.resolve().name)
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
    return f"m_{word}" if word[0].isdigit() else word


def _pipeline(name: str, folder: Path, data: Path, seen: Look) -> str:
    location = os.path.relpath(data.resolve(), folder.resolve())
    options = f", csv={seen.dialect!r}" if seen.dialect else ""
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


_TEMPLATE = '''"""The life of the model {name!r}: from the data to an answered request.

Every call below is a step. What has not changed since an earlier run is not done again.

    mainspring run               run it
    mainspring why-not-cached    why a step had to run
    mainspring lineage {name}    where the model came from
    mainspring serve {name}      answer requests
"""

from mainspring import File, curated, latest_blessed, pipeline, steps, when

LABEL = {label!r}
SLICES = {slices!r}
PARAMS = {params}


@pipeline
def {name}(
    data: File = File({location!r}),
    estimator: str = "{learner}",
    params: dict = PARAMS,
):
    # Data: split by a stable hash of each row, described, and checked against the schema. The schema is
    # proposed on the first run and kept in schema.yaml: from then on it is yours to edit and review.
    examples = steps.ingest(data, splits={{"train": 3, "eval": 1}}{options})
    statistics = steps.statistics(examples)
    schema = curated(steps.infer_schema(statistics, label=LABEL), file="schema.yaml")
    steps.validate(statistics, schema)  # a gate: nothing below runs on data that does not fit

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
        # Package: transform and model in one file, proved equal to the trained model on real rows, then asked
        # through a real server. To have a person sign off, import `approval` and add to `when` below:
        #     approval("Release {name}?", evidence=[verdict, evaluation])
        package = steps.package(model, examples, evaluation)
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
'''
