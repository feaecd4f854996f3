"""Drafts of a schema: by a form for one column, and by what the data was found to need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.describing import table_of
from mainspring.app.api.subjects.data.files import SchemaFile, schema_file
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.privacy import is_private, private_columns
from mainspring.app.api.subjects.data.reading import is_kept, read_validation, statistics_of
from mainspring.app.api.subjects.data.schema_listing import described, sets_of
from mainspring.app.api.subjects.data.schema_text import rewritten
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison import Measurement
from mainspring.data.schema import TRAINING, Feature, Schema, Stage
from mainspring.data.schema.inference import infer_feature
from mainspring.data.schema.updating import update

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.app.api.subjects.data.nouns import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edited text that nobody has saved yet.

    Attributes:
        file: The schema file.
        seen: The digest of the file that it was made from.
        text: The whole edited text.
        lost: Comments that it cannot keep, because they stand in what changed.
        whole: Whether all of the text was written anew.
        notes: What was left as it is, and why.
    """

    file: str
    seen: str
    text: str
    lost: Sequence[str]
    whole: bool
    notes: Sequence[str] = ()


@operation("data.draft_column", "GET", "/data/schema-drafts/column")
def draft_column(
    desk: Desk,
    *,
    file: str,
    column: str,
    kind: str = "",
    required: bool = True,
    presence: str = "",
    least: str = "",
    most: str = "",
    domain: str = "",
    domain_mass: str = "",
    tags: str = "",
    stage: str = "",
    description: str = "",
) -> Draft:
    """The text of a schema with one column edited as in a form. Nothing is saved.

    Args:
        file: The schema file.
        column: The column; one that the schema does not name is added.
        kind: The type of its values.
        required: Whether the column must be there at all.
        presence: The least share of rows with a value; empty for none.
        least: The least number; empty for none.
        most: The largest number; empty for none.
        domain: The words that it may have, one a line; empty for any.
        domain_mass: The least share of the values that must come from the domain.
        tags: Words to find it by, with commas between; ``personal`` or ``private`` hide its values.
        stage: How far it has come in its life.
        description: What it means.
    """
    found = _readable(schema_file(desk.shared, file))
    schema = _schema(found)
    before = schema.features.get(column) or _inferred(desk.shared, found, column)
    words = tuple(line.strip() for line in domain.splitlines() if line.strip())
    feature = replace(
        before,
        type=_type(kind) if kind else before.type,
        required=required,
        presence=_number("presence", presence) or 0.0,
        min=_bound("least", least),
        max=_bound("most", most),
        domain=words or None,
        min_domain_mass=1.0 if not words or not domain_mass else _number("domain_mass", domain_mass) or 0.0,
        tags=tuple(dict.fromkeys(one.strip() for one in tags.split(",") if one.strip())),
        stage=Stage(stage) if stage in Stage.__members__ else before.stage,
        description=description.strip(),
    )
    wrong = [sentence for _, _, sentence in feature.problems()]
    if wrong:
        raise InputError("; ".join(wrong), where=f"feature {column!r}")
    return _draft(found, schema, replace(schema, features={**schema.features, column: feature}))


@operation(
    "data.suggest_schema",
    "GET",
    "/data/schema-drafts/suggestion",
    command="mainspring data schema update {file} DATA --dry-run",
)
def suggest_schema(desk: Desk, *, file: str, name: str = "", version: str = "", column: str = "") -> Draft:
    """The text of a schema relaxed as little as is needed for a version to pass. Nothing is saved.

    Private columns are left as they are: what their data needs would tell their values.

    Args:
        file: The schema file.
        name: The data set; by default the one that the schema is about.
        version: The version; by default the newest that is described.
        column: Only for this column; all by default.
    """
    found = _readable(schema_file(desk.shared, file))
    schema = _schema(found)
    data = _version(desk.shared, found, name, version)
    hidden = private_columns(desk.shared, data)
    # What is not validated is not relaxed either: that leaves private columns out without a word of their values.
    closed = {
        key: replace(one, stage=Stage.DISABLED) if is_private(key, hidden) else one
        for key, one in schema.features.items()
    }
    environment = TRAINING if TRAINING in schema.environments else next(iter(schema.environments), TRAINING)
    measured: tuple[Measurement, ...] = ()
    if data.check is not None and is_kept(desk.shared, data.check.artifact):
        measured = tuple(
            one
            for one in read_validation(desk.shared, data.check.artifact).measurements
            if not is_private(one.path, hidden)
        )
    relaxed, difference = update(
        replace(schema, features=closed, strict=False),
        statistics_of(desk.shared, data),
        environment=environment,
        measurements=measured,
    )
    features = {
        key: schema.features[key] if is_private(key, hidden) and key in schema.features else one
        for key, one in relaxed.features.items()
        if not column or key == column or key in schema.features
    }
    if column:
        features = {key: one if key == column else schema.features[key] for key, one in features.items()}
    sizes: dict[str, Any] = {} if column else _sizes(relaxed)
    now = replace(schema, features=features, **sizes)
    if now != schema:
        now = replace(now, version=(schema.version or 1) + 1)
    notes = [one for one in difference.notes if not column or one.startswith(f"{column} ")]
    notes += [
        f"{key} is private and left as it is"
        for key in sorted(hidden & set(schema.features))
        if not column or key == column
    ]
    return _draft(found, schema, now, notes)


def _sizes(relaxed: Schema) -> dict[str, Any]:
    return {
        "min_examples": relaxed.min_examples,
        "max_examples": relaxed.max_examples,
        "num_examples_drift": relaxed.num_examples_drift,
    }


def _draft(file: SchemaFile, before: Schema, now: Schema, notes: Sequence[str] = ()) -> Draft:
    made = rewritten(file.text, before, now)
    return Draft(
        file=file.path, seen=file.digest, text=made.text, lost=made.lost, whole=made.whole, notes=list(notes)
    )


def _readable(file: SchemaFile) -> SchemaFile:
    if file.schema is None:
        raise InputError(file.problem, where=file.path, fix="mend the text of the schema first")
    return file


def _schema(file: SchemaFile) -> Schema:
    if file.schema is None:
        raise InputError(file.problem, where=file.path)
    return file.schema


def _version(shared: Shared, file: SchemaFile, name: str, version: str) -> Version:
    if name:
        return catalogue(shared).version(name, version or "latest")
    for one in sets_of(shared, file):
        found = described(shared, one)
        if found is not None:
            return found
    raise NotFoundError(f"no data was described that {file.path} is about", fix="start a run")


def _inferred(shared: Shared, file: SchemaFile, column: str) -> Feature:
    for one in sets_of(shared, file):
        found = described(shared, one)
        if found is not None:
            known = table_of(statistics_of(shared, found)).features.get(column)
            if known is not None and not is_private(column, private_columns(shared, found)):
                return infer_feature(known)
    return Feature(name=column, type=ColumnType.STRING)


def _type(word: str) -> ColumnType:
    if word not in ColumnType.__members__:
        raise InputError(f"there is no type {word!r}", expected="one of " + ", ".join(ColumnType.__members__))
    return ColumnType(word)


def _number(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} is {text!r}", expected="a number", where=name) from None


def _bound(name: str, text: str) -> int | float | None:
    value = _number(name, text)
    return value if value is None or not text.strip().lstrip("+-").isdecimal() else int(text)
