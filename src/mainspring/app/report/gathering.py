"""Gathers the whole page from a run's story."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from mainspring.app.report.columns import material_of
from mainspring.app.report.gates import gates_of, signatures_of
from mainspring.app.report.headline import headline_of, main_figure
from mainspring.app.report.loading import Found, Reader
from mainspring.app.report.motion import motion_of
from mainspring.app.report.nouns import Fact, Gate, Material, Quality, Report
from mainspring.app.report.proof import proof_of
from mainspring.app.report.provenance import provenance_of
from mainspring.app.report.quality import headline_change, quality_of
from mainspring.app.shielding import shielded, shown_anomaly
from mainspring.app.stories import Story
from mainspring.data.schema import Schema
from mainspring.data.statistics import Statistics
from mainspring.data.validation import Validation
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.reference import private
from mainspring.evaluation.viewing.figures import main_metric, words
from mainspring.models.package import Package

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

T = TypeVar("T")


def gather(opened: Mainspring, story: Story, *, hidden: Collection[str] = ()) -> Report:
    """Everything that the page says of a run.

    What the run does not have is left out; what it had and is no longer kept is named in ``gone``. The page is
    passed on: of columns that the run's schema marks as private it has no values.

    Args:
        opened: The project.
        story: The run's.
        hidden: Other columns whose values it must not have.
    """
    reader = Reader(opened, story)
    executions = reader.executions()
    gates = gates_of(reader)
    signatures = signatures_of(reader, executions)
    qualities, figures = _qualities(reader, gates)
    package = reader.last("Package")
    return Report(
        headline=headline_of(story, gates, signatures, executions, figures),
        gates=gates,
        signatures=signatures,
        motion=motion_of(story, executions),
        qualities=qualities,
        proof=proof_of(package.value) if package is not None and isinstance(package.value, Package) else None,
        material=_material(reader, hidden),
        provenance=provenance_of(reader),
        gone=tuple(reader.gone),
        version=version("mainspring"),
    )


def _last(reader: Reader, name: str, kind: type[T]) -> T | None:
    found = reader.last(name)
    return found.value if found is not None and isinstance(found.value, kind) else None


def _material(reader: Reader, hidden: Collection[str]) -> Material | None:
    schema, statistics = _last(reader, "Schema", Schema), _last(reader, "Statistics", Statistics)
    closed = private(schema) | frozenset(hidden)
    told = _validation(reader)
    if told is not None:
        told = replace(told, anomalies=tuple(shown_anomaly(one, closed) for one in told.anomalies))
    return material_of(shielded(statistics, closed) if statistics is not None else None, schema, told)


def _validation(reader: Reader) -> Validation | None:
    return _last(reader, "Validation", Validation)


def _qualities(reader: Reader, gates: list[Gate]) -> tuple[list[Quality], list[Fact]]:
    """Every evaluation of a candidate, with the baseline that the gate compared it with."""
    found = [one for one in reader.all("Evaluation") if isinstance(one.value, Evaluation) and _whole(one.value)]
    compared = _compared(reader)
    baselines = {digest for digest in compared.values() if digest}
    by_digest = {str(one.artifact.digest): one for one in reversed(found)}
    candidates = [one for one in found if str(one.artifact.digest) in compared] or [
        one for one in found if str(one.artifact.digest) not in baselines
    ]
    wanted = [str(reason.subject) for gate in gates for reason in (*gate.failures, *gate.passes) if reason.subject]
    qualities, figures = [], []
    for one in _different(candidates):
        other = by_digest.get(compared.get(str(one.artifact.digest), ""))
        baseline = other.value if other is not None and other is not one else None
        main = main_metric(one.value, wanted)
        qualities.append(quality_of(one.step.name, one.value, baseline, main))
        figures.append(
            main_figure(
                words(main, one.value.facts), one.value.overall[main], headline_change(one.value, baseline, main)
            )
        )
    return qualities, figures[:1]


def _whole(evaluation: Evaluation) -> bool:
    return ALL_ROWS in evaluation.measured and any(map(math.isfinite, evaluation.overall.values()))


def _compared(reader: Reader) -> dict[str, str]:
    """Digest of each evaluation that a gate judged, to that of the baseline it was compared with."""
    pairs = {}
    for step in reader.story.steps:
        judged, before = step.inputs.get("evaluation"), step.inputs.get("baseline")
        gate = any(one.type == "mainspring.Verdict" for artifacts in step.outputs.values() for one in artifacts)
        if judged and gate:
            pairs[str(judged[0].digest)] = str(before[0].digest) if before else ""
    return pairs


def _different(found: list[Found]) -> list[Found]:
    return list({str(one.artifact.digest): one for one in reversed(found)}.values())[::-1]
