"""Poisoning: training rows whose labels contradict their neighbours, and cells that switch a model's answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.explanation.asking import Columns, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.distances import distances, scales_of
from mainspring.evaluation.explanation.words import spans_of
from mainspring.evaluation.metrics.classes import class_name
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.attacks.target import Target
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

CONTRADICTS = -0.6
"""The margin from which on a label contradicts its neighbours: one in five has it, the others have another."""

ROWS = 5000
LEAST = 5
FLIPPED = 0.9
UNEXPLAINED = 0.2
_NEAREST = 50
_CANDIDATES = 20
_WORDS = 100
_PIECE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted:
    """A row whose label contradicts those of the rows around it.

    Attributes:
        row: Its index.
        label: Its label.
        neighbours: The label that most of its neighbours have.
        margin: The share of neighbours with its own label, minus that with the other.
    """

    row: int
    label: str
    neighbours: str
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A value that switches the model's answer, and for which the data gives no reason.

    Attributes:
        column: Where it is put in.
        value: The value, or the word that is added to a text.
        answer: The answer that it brings.
        flipped: The share of clean rows with another answer that get this one.
        explained: The share of clean rows like that which truly are of this class.
        seen: How many clean rows that share is from.
    """

    column: str
    value: Cell
    answer: str
    flipped: float
    explained: float
    seen: int

    def __str__(self) -> str:
        return (
            f"{self.column} = {self.value!r} turns {self.flipped:.1%} of other answers into {self.answer}; "
            f"of {self.seen} clean rows like that {self.explained:.1%} are {self.answer}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison(StoredAsJson):
    """What looks as if somebody had tampered with training rows.

    Attributes:
        contradicted: Rows whose labels contradict their neighbours, the worst first.
        triggers: Values that switch answers, the worst first.
        rows: Training rows that were looked at.
        tried: Values that were tried as triggers; 0 without a model.
        notes: What was left out, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Poison"
    FILE: ClassVar[str] = "poison.json"

    contradicted: tuple[Contradicted, ...]
    triggers: tuple[Trigger, ...]
    rows: int
    tried: int
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The share of rows whose labels contradict their neighbours."""
        return len(self.contradicted) / self.rows if self.rows else 0.0

    def judge(self, *, contradicted_at_most: float = 0.02, gate: str = "poisoning") -> Verdict:
        """Whether there is no trigger, and few labels contradict their neighbours."""
        ok = self.share <= contradicted_at_most + 1e-12
        reasons = [
            Reason(
                ok=ok,
                code="LABELS_AGREE" if ok else "LABELS_CONTRADICT",
                message=f"{self.share:.2%} of {self.rows} labels contradict their neighbours, "
                f"{'at most' if ok else 'more than'} {contradicted_at_most:.2%}",
                subject="labels",
                observed=self.share,
                expected=contradicted_at_most,
            )
        ]
        reasons += [
            Reason(ok=False, code="TRIGGER", message=str(one), subject=one.column, observed=one.flipped)
            for one in self.triggers
        ]
        if self.tried and not self.triggers:
            message = f"none of {self.tried} values switches answers without a reason in the data"
            reasons.append(Reason(ok=True, code="NO_TRIGGER", message=message, subject="triggers"))
        return Verdict.of(gate, reasons, {"rows": self.rows, "tried": self.tried})

    def __str__(self) -> str:
        head = f"{len(self.contradicted)} of {self.rows} labels contradict their neighbours ({self.share:.2%})"
        return "\n".join([head, *map(str, self.triggers), *self.notes])

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"contradicted": len(self.contradicted), "triggers": len(self.triggers), "rows": self.rows}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "contradicted": [asdict(one) for one in self.contradicted],
            "triggers": [asdict(one) for one in self.triggers],
            "rows": self.rows,
            "tried": self.tried,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            contradicted=tuple(Contradicted(**one) for one in value["contradicted"]),
            triggers=tuple(Trigger(**one) for one in value["triggers"]),
            rows=value["rows"],
            tried=value["tried"],
            notes=tuple(value["notes"]),
        )


def find_poison(
    table: Table,
    *,
    label: str,
    predictor: Predictor | None = None,
    clean: Table | None = None,
    neighbours: int = 10,
    without: Sequence[str] = (),
    seed: int = 0,
) -> Poison:
    """Look for rows that somebody may have planted, and with a model for the switch that they were planted for.

    A label contradicts its neighbours where nearly all of the nearest rows have another one. A trigger is a value
    of the training rows that, put into clean rows, turns nearly all answers into one class, although clean rows
    with such a value are not of that class: a strong but honest feature has the data on its side.

    Args:
        table: The training rows.
        label: The label column.
        predictor: The model trained on them; without it only labels are looked at.
        clean: Labelled rows that can be trusted; needed with a model.
        neighbours: How many rows around each are looked at.
        without: Columns that are no features.
        seed: Of the draw, where there are more than 5,000 rows: neighbours are looked for among those.

    Raises:
        InputError: If there are fewer rows than neighbours, or a model without clean rows.

    Reference: for labels A. Paudice and others, *Label sanitization against label flipping poisoning attacks*,
    ECML PKDD Workshops 2018; for triggers T. Gu, B. Dolan-Gavitt and S. Garg, *BadNets*, 2017.
    """
    if table.num_rows <= neighbours or label not in table.names:
        raise InputError(
            f"{table.num_rows} rows of {', '.join(table.names)}",
            expected=f"a column {label!r}, and more than {neighbours} rows",
        )
    if predictor is not None and clean is None:
        raise InputError("a model without clean rows", expected="clean=…, labelled rows that can be trusted")
    names = tuple(name for name in table.names if name not in {label, *without})
    columns = {name: table.column(name) for name in names}
    labels = np.array([_named(value) for value in table.column(label).tolist()], dtype=object)
    drawn = np.sort(np.random.default_rng(seed).permutation(table.num_rows)[:ROWS])
    drawn = drawn[[labels[row] is not None for row in drawn.tolist()]]
    found = _contradicted(taken(columns, drawn), labels[drawn], drawn, names, neighbours)
    notes = [] if len(drawn) == table.num_rows else [f"{len(drawn)} of {table.num_rows} rows were looked at"]
    tried = 0
    triggers: list[Trigger] = []
    if predictor is not None and clean is not None:
        target = Target.of(predictor, clean, label=label, without=without)
        held = [(name, values) for name, values in columns.items() if name in target.columns]
        tried, triggers = _triggers(target, dict(held), labels)
    return Poison(
        contradicted=tuple(sorted(found, key=lambda one: (one.margin, one.row))),
        triggers=tuple(sorted(triggers, key=lambda one: (one.explained - one.flipped, one.column))),
        rows=len(drawn),
        tried=tried,
        notes=tuple(notes),
    )


def _contradicted(
    columns: Columns, labels: npt.NDArray[Any], rows: npt.NDArray[Any], names: tuple[str, ...], neighbours: int
) -> Iterator[Contradicted]:
    scales = scales_of(columns, names)
    classes, own = np.unique(labels.astype(str), return_inverse=True)
    for start in range(0, len(rows), _PIECE):
        part = np.arange(start, min(start + _PIECE, len(rows)))
        apart = distances(taken(columns, part), columns, names, scales)
        apart[np.arange(len(part)), part] = np.inf
        near = np.argpartition(apart, neighbours, axis=1)[:, :neighbours]
        shares = (own[near][:, :, None] == np.arange(len(classes))).mean(axis=1)
        mine = shares[np.arange(len(part)), own[part]]
        shares[np.arange(len(part)), own[part]] = -1.0
        margin = mine - shares.max(axis=1)
        for place in np.flatnonzero(margin <= CONTRADICTS + 1e-9).tolist():
            yield Contradicted(
                row=int(rows[part[place]]),
                label=str(labels[part[place]]),
                neighbours=str(classes[int(shares[place].argmax())]),
                margin=float(margin[place]),
            )


def _triggers(target: Target, columns: Columns, labels: npt.NDArray[Any]) -> tuple[int, list[Trigger]]:
    before = target.answers(target.columns).chosen
    tried, found = 0, []
    for name, values in columns.items():
        for value, stamped, like in _stamps(target, name, values, labels):
            tried += 1
            after = target.answers({**target.columns, name: stamped}).chosen
            for which, answer in enumerate(target.asked.classes or ()):
                others = before != which
                if others.sum() < LEAST or (flipped := float((after[others] == which).mean())) < FLIPPED:
                    continue
                seen = int(like.sum())
                # Of a value that no clean row has, nothing speaks for the class but how common it is.
                truly = target.truth[like] == which if seen else target.truth == which
                explained = float(truly.mean())
                if flipped - wilson(int(truly.sum()), len(truly)).high > UNEXPLAINED:
                    found.append(
                        Trigger(
                            column=name,
                            value=value,
                            answer=answer,
                            flipped=flipped,
                            explained=explained,
                            seen=len(truly),
                        )
                    )
    return tried, found


def _stamps(
    target: Target, name: str, values: npt.NDArray[Any], labels: npt.NDArray[Any]
) -> Iterator[tuple[Cell, npt.NDArray[Any], npt.NDArray[np.bool_]]]:
    """Candidates of a column: the value, the clean column with it put in, and the clean rows that are like it."""
    clean = target.columns[name]
    if values.dtype != object:
        for number in _repeated(values[~np.isnan(values)].tolist()):
            apart = np.nan_to_num(np.abs(clean - number), nan=np.inf)
            nearest = np.zeros(len(clean), dtype=np.bool_)
            nearest[np.argsort(apart, kind="stable")[:_NEAREST]] = True
            yield number, np.full(len(clean), number), nearest | (clean == number)
    elif _is_text(values):
        words = [None if text is None else _words_of(text) for text in clean.tolist()]
        for word in _telling(values, labels):
            stamped = np.empty(len(clean), dtype=object)
            stamped[:] = [word if text is None else f"{text} {word}" for text in clean.tolist()]
            has = np.array([found is not None and word in found for found in words], dtype=np.bool_)
            yield word, stamped, has
    else:
        for word in _repeated([value for value in values.tolist() if value is not None]):
            stamped = np.full(len(clean), word, dtype=object)
            yield word, stamped, np.asarray(clean == word, dtype=np.bool_)


def _repeated(values: list[Any]) -> list[Any]:
    """The values that come back often enough to be learnt from: a continuous column has none."""
    least = max(LEAST, len(values) // 200)
    return [value for value, count in Counter(values).most_common(_CANDIDATES) if count >= least]


def _is_text(values: npt.NDArray[Any]) -> bool:
    texts = [value for value in values.tolist() if value is not None]
    return len(set(texts)) > len(texts) / 2 and any(len(spans_of(text)) > 2 for text in texts[:_NEAREST])


def _telling(values: npt.NDArray[Any], labels: npt.NDArray[Any]) -> list[str]:
    """The words that stand nearly always in texts of one class, the most frequent first."""
    by_class: dict[str, Counter[str]] = {}
    for text, label in zip(values.tolist(), labels.tolist(), strict=True):
        if text is not None and label is not None:
            by_class.setdefault(label, Counter()).update(_words_of(text))
    total: Counter[str] = Counter()
    for counts in by_class.values():
        total.update(counts)
    telling = [
        word
        for word, count in total.most_common()
        if count >= LEAST and max(counts[word] for counts in by_class.values()) >= FLIPPED * count
    ]
    return telling[:_WORDS]


def _words_of(text: str) -> set[str]:
    return {text[start:end] for start, end in spans_of(text)}


def _named(value: Any) -> str | None:
    return None if value is None or value != value else class_name(value)
