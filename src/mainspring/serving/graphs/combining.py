"""Combiners: nodes that make one answer of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.graphs.fields import shared
from mainspring.serving.graphs.graph import Combining
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Step, Way
from mainspring.serving.predictor import ModelError

LABEL, PROBABILITIES = "label", "probabilities"

_FLOATS = {"FP64", "FP32", "FP16", "BF16"}


@dataclass(slots=True, kw_only=True)
class CombineStep(Step):
    """Makes one answer of those that are there.

    Attributes:
        how: In which way.
        sources: The nodes, the output of each (empty for all), and the name that each is known by.
        weights: How much each of them counts; empty for all the same.
        labels: The classes whose label follows from probabilities, if answers are averaged.
    """

    how: Combining
    sources: tuple[tuple[int, str, str], ...]
    weights: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    async def answer(self, way: Way) -> Answer | None:
        """One answer; ``None`` if none is there, or, of ``merge``, if one is not."""
        found: list[tuple[Answer, float, str]] = []
        for place, (source, output, name) in enumerate(self.sources):
            answer = way.known(source)
            if answer is None:
                continue
            if output:
                if output not in answer.columns:
                    raise ModelError(f"{name!r} gave no output {output!r}", expected=", ".join(answer.columns))
                answer = Answer({output: answer.columns[output]}, answer.rows)
            found.append((answer, self.weights[place] if self.weights else 1.0, name))
        if self.how == "merge":
            return _merged(found) if len(found) == len(self.sources) else None
        found = [one for one in found if one[1] > 0]
        if not found:
            return None
        if len(self.fields) == 1 and all(len(one[0].columns) == 1 for one in found):
            # Whichever of them are there, the only output is called as was promised.
            found = [(_called(self.fields[0].name, one[0]), *one[1:]) for one in found]
        if self.how == "first":
            first = found[0][0]
            kept = [field.name for field in self.fields] or list(first.columns)
            return Answer({name: first.columns[name] for name in kept}, first.rows)
        answers, weights = [one[0] for one in found], [one[1] for one in found]
        rows = {one.rows for one in answers}
        if len(rows) > 1:
            raise ModelError(f"the answers have {sorted(rows)} rows", expected="as many of each")
        columns = _alike(answers)
        if self.how == "vote":
            voted = {name: _vote(several, weights) for name, several in columns.items() if _is_flat(several)}
            return Answer(self._as_promised(voted), rows.pop())
        promised = {field.name for field in self.fields} or columns.keys()
        means = {
            name: _mean(several, weights)
            for name, several in columns.items()
            if name in promised and _is_number(several)
        }
        if self.labels and PROBABILITIES in means:
            names = np.array(self.labels, dtype=object)
            likeliest = names[means[PROBABILITIES].argmax(axis=1)]
            likeliest[np.isnan(means[PROBABILITIES]).any(axis=1)] = None  # a member has no answer to that row
            means = {LABEL: likeliest, **means}
        return Answer(self._as_promised(means), rows.pop())

    def _as_promised(self, columns: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        if not self.fields:
            return columns
        return {
            field.name: columns[field.name].astype(np.float32)
            if field.datatype == "FP32" and columns[field.name].dtype != np.float32
            else columns[field.name]
            for field in self.fields
        }


def combined(
    how: Combining, answers: Sequence[tuple[str, Sequence[Field]]], labels: Sequence[str]
) -> tuple[Field, ...]:
    """What a combiner answers, told from what it reads.

    Args:
        how: In which way.
        answers: The name and the outputs of each node that it reads.
        labels: The classes whose label follows from probabilities.

    Returns:
        Nothing if that cannot be: the answers have nothing in common that could be combined.
    """
    if how == "merge":
        return tuple(replace(field, name=f"{name}.{field.name}") for name, fields in answers for field in fields)
    several = [fields for _, fields in answers]
    if all(len(fields) == 1 for fields in several):
        first = several[0][0].name
        several = [[replace(fields[0], name=first)] for fields in several]
    if how == "first":
        return shared(several)
    if how == "vote":
        return tuple(field for field in shared(several) if len(field.shape) == 1)
    names = [field.name for field in several[0]]
    found = []
    for name in names:
        like = [field for fields in several for field in fields if field.name == name]
        if len(like) < len(several):
            continue
        if name == LABEL and labels:
            found.append(replace(like[0], domain=None))
        elif all(one.datatype != "BYTES" and _same_size(one, like[0]) for one in like):
            datatype = like[0].datatype if {one.datatype for one in like} <= {"FP32"} else "FP64"
            found.append(replace(like[0], datatype=datatype, domain=None))
    return tuple(found)


def _merged(found: Sequence[tuple[Answer, float, str]]) -> Answer:
    columns = {
        f"{name}.{output}": values for answer, _, name in found for output, values in answer.columns.items()
    }
    return Answer(columns, found[0][0].rows)


def _called(name: str, answer: Answer) -> Answer:
    return Answer({name: next(iter(answer.columns.values()))}, answer.rows)


def _same_size(one: Field, other: Field) -> bool:
    """Whether arrays of both may have the same shape."""
    return len(one.shape) == len(other.shape) and all(
        first == second or -1 in (first, second) for first, second in zip(one.shape, other.shape, strict=True)
    )


def _alike(answers: Sequence[Answer]) -> dict[str, list[npt.NDArray[Any]]]:
    """The outputs that all answers have; if each has but one, these, whatever their names."""
    if all(len(one.columns) == 1 for one in answers):
        return {next(iter(answers[0].columns)): [next(iter(one.columns.values())) for one in answers]}
    names = [name for name in answers[0].columns if all(name in one.columns for one in answers)]
    return {name: [one.columns[name] for one in answers] for name in names}


def _is_number(several: Sequence[npt.NDArray[Any]]) -> bool:
    return all(one.dtype.kind in "biuf" for one in several)


def _is_flat(several: Sequence[npt.NDArray[Any]]) -> bool:
    return all(one.ndim == 1 for one in several)


def _mean(several: Sequence[npt.NDArray[Any]], weights: Sequence[float]) -> npt.NDArray[Any]:
    shapes = {one.shape for one in several}
    if len(shapes) > 1:
        raise ModelError(f"answers of shapes {sorted(shapes)} have no mean", expected="answers of one shape")
    total = several[0].astype(np.float64) * weights[0]
    for one, weight in zip(several[1:], weights[1:], strict=True):
        total = total + one.astype(np.float64) * weight
    return np.asarray(total / sum(weights))


def _vote(several: Sequence[npt.NDArray[Any]], weights: Sequence[float]) -> npt.NDArray[Any]:
    """What most say, row by row; of several with as many votes, what was said first. Who says nothing has none."""
    chosen = []
    for said in zip(*[one.tolist() for one in several], strict=True):
        votes: dict[Any, float] = {}
        for value, weight in zip(said, weights, strict=True):
            if value is not None:
                votes[value] = votes.get(value, 0.0) + weight
        chosen.append(max(votes, key=votes.__getitem__) if votes else None)
    kind = np.result_type(*several)
    whole = np.empty(len(chosen), dtype=kind)
    whole[:] = chosen
    return whole
