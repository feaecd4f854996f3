"""Gathers what a page shows: data sets, their features, what is wrong with them, how far they drifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mainspring.data.viewing.drifts import FeatureDrift, by_feature
from mainspring.data.viewing.expectations import domain, expected_type, limits, lines, presence
from mainspring.data.viewing.features import KINDS, WORD, compact, kind_of, type_words, vocabulary
from mainspring.data.viewing.forms import plain
from mainspring.data.viewing.themes import association_lines
from mainspring.data.viewing.wording import counted, figure, percent, shortened

if TYPE_CHECKING:
    from mainspring.data.assessment import Finding
    from mainspring.data.schema import Schema
    from mainspring.data.statistics import FeatureStatistics, TableStatistics
    from mainspring.data.validation import Validation

_ROOM_POINTS, _ROOM_WORDS = 70_000, 30_000
"""How many points of distributions, and how many words, fit a page of three megabytes."""
ALL_ROWS: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One data set in the head of the page: its name, and facts about it as pairs of a word and a figure."""

    name: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A feature of a schema, as a row of a table."""

    name: str
    type: str
    presence: str
    domain: str
    limits: str
    notes: str
    is_label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a page shows.

    Attributes:
        title: Its title.
        summary: One sentence.
        verdict: ``"blessed"``, ``"held"``, or nothing where nothing was validated.
        datasets: The data sets.
        anomalies: What is wrong, errors first.
        drifts: What was measured, the worst first.
        expected: The features of the schema, if it is shown as a table of its own.
        findings: What an assessment found.
        not_evaluated: What could not be checked, as pairs of a name and the reason.
        notes: More sentences.
        num_features: Rows of features.
        payload: What the script draws.
    """

    title: str
    summary: str
    verdict: str = ""
    datasets: Sequence[DataSet] = ()
    anomalies: Sequence[Any] = ()
    drifts: Sequence[FeatureDrift] = ()
    expected: Sequence[Expected] = ()
    findings: Sequence[Finding] = ()
    not_evaluated: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    num_features: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def own_limits(self) -> bool:
        """Whether a feature of the schema has limits of drift of its own."""
        return any(row.limits for row in self.expected)


def gather(
    tables: Mapping[str, TableStatistics],
    *,
    schema: Schema | None = None,
    validation: Validation | None = None,
    drifts: Sequence[FeatureDrift] = (),
    findings: Sequence[Finding] = (),
    notes: Sequence[str] = (),
    title: str = "",
) -> Material:
    """Everything that is known, ready to be drawn. ``tables`` may be empty."""
    anomalies = list(validation.anomalies) if validation is not None else []
    if schema is not None and not tables:
        notes = [*notes, *_schema_notes(schema)]
    notes = [*notes, *_composites(tables)]
    datasets = [_data_set(name, table) for name, table in tables.items()]
    if validation is not None and not tables:
        datasets = [DataSet(name=name, facts=[("rows", f"{rows:,}")]) for name, rows in validation.rows.items()]
    names = _names(tables, anomalies)
    return Material(
        title=title or " and ".join(list(tables)[:3]) or ("Validation" if validation is not None else "Data"),
        summary=_summary(tables, len(names), validation, drifts),
        verdict="" if validation is None else "blessed" if validation.blessed else "held",
        datasets=datasets,
        anomalies=anomalies,
        drifts=drifts,
        expected=_expected(schema) if schema is not None and not tables else (),
        findings=findings,
        not_evaluated=_not_evaluated(validation),
        notes=notes,
        num_features=len(names) if tables else 0,
        payload=_payload(tables, names, schema, anomalies, drifts) if tables else {},
    )


def _data_set(name: str, table: TableStatistics) -> DataSet:
    cells = sum(feature.num_examples for feature in table.features.values())
    missing = sum(feature.num_missing for feature in table.features.values())
    facts = [
        ("rows", f"{table.num_examples:,}"),
        ("columns", f"{len(table.features):,}"),
        ("missing cells", percent(missing / cells) if cells else percent(0.0)),
    ]
    if table.label is not None:
        facts.append(("label", table.label))
    if table.weight is not None:
        facts.append((f"weighted by {table.weight}", figure(table.num_examples_weighted)))
    if table.sample is not None:
        facts.append(("sample", f"{percent(table.sample.rate)} of {table.sample.rows_of:,} rows"))
    if table.slices:
        facts.append(("slices", f"{len(table.slices):,}"))
    return DataSet(name=name, facts=facts)


def _names(tables: Mapping[str, TableStatistics], anomalies: Sequence[Any]) -> list[str]:
    """Features in the order of the columns; those that should be there and are not come first."""
    found = dict.fromkeys(name for table in tables.values() for name in table.features)
    absent = dict.fromkeys(one.path for one in anomalies if one.path and one.path not in found)
    return [*absent, *found]


def _summary(
    tables: Mapping[str, TableStatistics],
    columns: int,
    validation: Validation | None,
    drifts: Sequence[FeatureDrift],
) -> str:
    parts = []
    if tables:
        rows = sum(table.num_examples for table in tables.values())
        parts.append(f"{counted(rows, 'row')} of {counted(columns, 'column')}")
    if validation is not None:
        errors, warnings = len(validation.errors), len(validation.warnings)
        parts.append(
            f"{counted(errors, 'error')} and {counted(warnings, 'warning')} in {validation.environment} data"
            if errors or warnings
            else f"as the schema says in {validation.environment}"
        )
    drifted = sum(one.drifted for one in drifts)
    if drifts and any(gap.limit is not None for one in drifts for gap in one.gaps):
        parts.append(f"{drifted:,} of {len(drifts):,} compared columns drifted")
    return "; ".join(parts) + "." if parts else ""


def _composites(tables: Mapping[str, TableStatistics]) -> list[str]:
    """Whether the columns of sparse and weighted features fit together."""
    return [
        f"{set_name}: {one.kind.lower()} feature {name!r}, {counted(one.num_examples, 'row')}; "
        + ("its columns fit together" if one.fits else "its columns do not fit together in every row")
        for set_name, table in tables.items()
        for name, one in table.composites.items()
    ]


def _schema_notes(schema: Schema) -> list[str]:
    """What a schema says of all features, and of the whole data set."""
    ends = [("at least", schema.min_examples), ("at most", schema.max_examples)]
    sizes = [f"{word} {rows:,} rows" for word, rows in ends if rows is not None]
    found = [
        ("Label", schema.label or ""),
        ("Environments", ", ".join(schema.environments)),
        ("Size", " and ".join(sizes)),
        ("Limits of drift, unless a feature has its own", limits(schema.drift)),
        ("Limits of skew, unless a feature has its own", limits(schema.skew)),
    ]
    found += [(f"Check {check.name}", check.description or check.sql) for check in schema.checks]
    return [f"{word}: {text}" for word, text in found if text]


def _not_evaluated(validation: Validation | None) -> list[tuple[str, str]]:
    found = []
    for one in getattr(validation, "not_evaluated", ()):
        name = getattr(one, "path", "") or getattr(one, "name", "")
        found.append((str(name), str(getattr(one, "why", "") or getattr(one, "reason", "") or one)))
    return found


def _expected(schema: Schema) -> list[Expected]:
    rows = []
    for name, feature in schema.features.items():
        shown = {"type", "presence", "values", "drift", "meaning"}
        notes = [f"{word} {text}" for word, text in lines(feature, schema) if word not in shown]
        rows.append(
            Expected(
                name=name,
                type=expected_type(feature),
                presence=presence(feature),
                domain=domain(feature),
                limits=limits(feature.drift),
                notes="; ".join([*([feature.description] if feature.description else []), *notes]),
                is_label=name == schema.label,
            )
        )
    return rows


def _payload(
    tables: Mapping[str, TableStatistics],
    names: Sequence[str],
    schema: Schema | None,
    anomalies: Sequence[Any],
    drifts: Sequence[FeatureDrift],
) -> dict[str, Any]:
    slices = [ALL_ROWS, *dict.fromkeys(name for table in tables.values() for name in table.slices)]
    many = max(len(names) * sum(1 + len(table.slices) for table in tables.values()), 1)
    points, words = min(max(_ROOM_POINTS // many, 16), 1000), min(max(_ROOM_WORDS // many, 6), 60)
    label = schema.label if schema is not None else next((t.label for t in tables.values() if t.label), None)
    worst = by_feature(drifts)
    features = []
    for name in names:
        found = [[_feature(table, one, name) for one in slices] for table in tables.values()]
        known = [one for parts in found for one in parts if one is not None]
        first = known[0] if known else None
        top = vocabulary([parts[0] for parts in found if parts[0] is not None] or known, most=words)
        row: dict[str, Any] = {
            "n": name,
            "k": kind_of(first) if first is not None else "other",
            "t": type_words(first) if first is not None else "not there",
            "v": [[compact(one, points=points, words=top) if one else 0 for one in parts] for parts in found],
        }
        if top:
            row["w"] = [shortened(word, WORD) if isinstance(word, str) else word for word in top]
        if name == label:
            row["l"] = 1
        wrong = [place for place, one in enumerate(anomalies) if one.path == name]
        row |= {"a": wrong} if wrong else {}
        row |= {"d": _drift(worst[name])} if name in worst else {}
        if label is not None:
            row |= {"as": told} if (told := _associations(tables, name)) else {}
        if schema is not None and name in schema.features:
            row["e"] = lines(schema.features[name], schema)
        features.append(row)
    sizes = [
        [part.num_examples if part else 0 for part in (_at(table, one) for one in slices)]
        for table in tables.values()
    ]
    return {
        "datasets": list(tables),
        "rows": sizes,
        "slices": slices,
        "label": label or "",
        "kinds": KINDS,
        "features": features,
        "anomalies": [_anomaly(one) for one in anomalies],
    }


def _associations(tables: Mapping[str, TableStatistics], name: str) -> list[tuple[str, str]]:
    found = (association_lines(table, name) for table in tables.values())
    return next((told for told in found if told), [])


def _at(table: TableStatistics, slice_: str) -> TableStatistics | None:
    return table.slices.get(slice_) if slice_ else table


def _feature(table: TableStatistics, slice_: str, name: str) -> FeatureStatistics | None:
    part = _at(table, slice_)
    return part.features.get(name) if part is not None else None


def _anomaly(one: Any) -> dict[str, Any]:
    return {
        "s": str(one.severity.value),
        "t": str(one.type.value),
        "in": " · ".join(part for part in (one.split, getattr(one, "slice", "")) if part),
        "f": one.found,
        "x": one.expected,
        "e": one.edit,
        "r": [
            f"row {each.row:,}: " + ", ".join(f"{name} = {value}" for name, value in each.values.items())
            for each in getattr(one, "examples", ())[:5]
        ],
    }


def _drift(one: FeatureDrift) -> dict[str, Any]:
    gaps = [[gap.called, gap.value, gap.limit, gap.p_value, gap.interval] for gap in one.gaps]
    return {"x": int(one.drifted), "o": one.first.over, "g": plain(gaps), "b": list(one.between), "w": one.why}
