"""The package: transform and model in one folder, with its signature and the proof that it answers as trained.

====================== =================================================================
file                   content
====================== =================================================================
``signature.json``     what it asks for and answers
``package.json``       runtime, parity report, requirements, how the model was made
``model.onnx``         transform and model in one graph, if the runtime is ``onnx``
``native/``            the trained model and its transform, if the runtime is ``python``
``input_example.json`` a few real rows
``assertions.json``    what its answers must keep, if it declares assertions
``reference/``         what it was trained on and how it answered then, to be watched by
``MODEL_CARD.md``      the same for people, and as a page, ``MODEL_CARD.html``
``MLmodel``            the same for MLflow, with ``python_env.yaml``, ``requirements.txt`` and examples in its form
====================== =================================================================

Reading a package is light: no framework is imported before :meth:`Package.open`, and no reference is read before
somebody asks for :attr:`Package.reference`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.records import Value
from mainspring.core.verdicts import Verdict
from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import Assertion, Enforced, enforce
from mainspring.models.asserting import ASSERTIONS, assertions_in
from mainspring.models.decision import Decision
from mainspring.models.files import Files
from mainspring.models.inputs import read_lists
from mainspring.models.mlmodel import MLMODEL, PYTHON_ENV, REQUIREMENTS, SERVING_EXAMPLE, TABLE_EXAMPLE
from mainspring.models.parity import Parity
from mainspring.models.ports import Runtime
from mainspring.models.requirements import differences, judge_environment
from mainspring.models.signature import Field, Signature

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.reference import Reference

_LOG = logging.getLogger(__name__)

FORMAT = 2
"""Version of the layout; a reader refuses a newer one."""

PLAIN_FORMAT = 1
"""The format of packages without assertions: a reader that does not know of them would not enforce them."""

MANIFEST = "package.json"
SIGNATURE = "signature.json"
EXAMPLE = "input_example.json"
CARD = "MODEL_CARD.md"
PAGE = "MODEL_CARD.html"
REFERENCE = "reference"
"""The folder of the reference; it is no part of the model either."""

DESCRIPTIONS = frozenset(
    {
        MANIFEST,
        SIGNATURE,
        EXAMPLE,
        ASSERTIONS,
        CARD,
        PAGE,
        MLMODEL,
        PYTHON_ENV,
        REQUIREMENTS,
        TABLE_EXAMPLE,
        SERVING_EXAMPLE,
    }
)
"""The files that describe a model; all others are the model, but for those of the reference."""


@dataclass(frozen=True)
class Package:
    """A model ready to be served.

    Attributes:
        signature: What it asks for and answers.
        runtime: Name of what answers: ``"onnx"`` or ``"python"`` (or one that a plugin brings).
        parity: The proof that the runtime answers as the trained model does.
        requirements: Pinned distributions that the runtime needs (``"onnxruntime==1.22.0"``).
        details: How the model was made: estimator, params, seed, metrics, digests of the data, environment.
        files: Everything, as it is saved.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Package"

    signature: Signature
    runtime: str
    parity: Parity
    requirements: tuple[str, ...]
    details: Mapping[str, Any]
    files: Files = field(repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the description of a package; the model itself is read by :meth:`open`.

        Raises:
            InputError: If the folder holds no package, or one of a newer format.
        """
        if not (folder / MANIFEST).is_file():
            raise InputError(f"there is no {MANIFEST}", expected="the folder of a package", where=str(folder))
        return cls.from_files(Files.in_folder(folder))

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """The package that these files describe.

        Raises:
            InputError: If it is of a newer format.
        """
        manifest = json.loads(files.text(MANIFEST))
        if manifest["format"] > FORMAT:
            raise InputError(
                f"the package has format {manifest['format']}",
                expected=f"a format up to {FORMAT}",
                fix="install a newer mainspring",
            )
        return cls(
            signature=Signature.from_json(files.text(SIGNATURE)),
            runtime=manifest["runtime"],
            parity=Parity.from_dict(manifest["parity"]),
            requirements=tuple(manifest["requirements"]),
            details=manifest["details"],
            files=files,
        )

    def save(self, folder: Path) -> None:
        """Write every file of the package into the folder."""
        self.files.write(folder)

    def properties(self) -> dict[str, Value]:
        """What the record keeps beside the files."""
        return {
            "runtime": self.runtime,
            "task": self.signature.task,
            "estimator": str(self.details.get("estimator", "")),
            "parity_rows": self.parity.rows_compared,
            "parity_max_abs_difference": self.parity.max_abs_difference,
            "assertions": len(self.assertions),
        }

    @cached_property
    def assertions(self) -> tuple[Assertion, ...]:
        """What its answers must keep, in the order in which they are enforced."""
        return assertions_in(self.files)

    @property
    def input_example(self) -> list[dict[str, Any]]:
        """A few real rows that it answers."""
        return cast("list[dict[str, Any]]", json.loads(self.files.text(EXAMPLE)))

    @property
    def model_size(self) -> int:
        """Bytes of the model's files, without those that describe it."""
        about = f"{REFERENCE}/"
        names = (name for name in self.files.names if name not in DESCRIPTIONS and not name.startswith(about))
        return sum(map(self.files.size, names))

    @cached_property
    def reference(self) -> Reference | None:
        """What it was trained on and how it answered then; ``None`` if it was packaged without.

        Raises:
            InputError: If it is damaged, or a newer version wrote it.
        """
        # Imported here: whoever serves a package has no need of it, nor of the engine that reads its rows.
        from mainspring.evaluation.reference import Reference

        files = self.files.under(REFERENCE)
        if not files.names:
            return None
        with files.folder() as folder:
            return Reference.load(folder).held()

    @property
    def card(self) -> str:
        """The model card, in Markdown."""
        return self.files.text(CARD)

    @property
    def card_html(self) -> str:
        """The model card as a page of HTML that loads nothing from elsewhere.

        Raises:
            NotFoundError: If the package was made before there was one.
        """
        return self.files.text(PAGE)

    def open(self, threads: int = 1) -> Runtime:
        """Load the model, ready to give its own answers; in another environment than it was made in, the log says
        so. Whoever shows these answers to somebody enforces the assertions.

        Args:
            threads: The most threads that one call may use.

        Raises:
            NotFoundError: If no plugin offers the runtime.
            UnavailableError: If a library that it needs is not installed.
        """
        found = differences(self.requirements, self.details.get("environment", {}))
        if found:
            _LOG.warning("this is not the environment of the package: %s", "; ".join(map(str, found)))
        return cast("Runtime", load_plugin("runtimes", self.runtime)(self.files, self.signature, threads=threads))

    def check_environment(self) -> Verdict:
        """Whether Python, the machine and the libraries of the runtime are as they were when it was made."""
        return judge_environment(self.requirements, self.details.get("environment", {}))

    def predict(self, table: Table) -> Predictions:
        """Predict on every row of a table, assertions enforced; columns that it does not know are ignored.

        Raises:
            BadInputError: If a column is missing, or holds values of another type.
        """
        return self.enforce(table).predictions if self.assertions else self.predict_own(table)

    def predict_own(self, table: Table) -> Predictions:
        """Predict on every row of a table, whatever the assertions say.

        Raises:
            BadInputError: As :meth:`predict`.
        """
        return self.predict_columns(columns_of(table, self.signature))

    def enforce(self, table: Table) -> Enforced:
        """Predict on every row of a table, and say which rows violate which assertions.

        Raises:
            BadInputError: As :meth:`predict`.
        """
        columns = columns_of(table, self.signature)
        return enforce(self.assertions, columns, self.predict_columns(columns))

    def predict_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> Predictions:
        """Predict on raw columns as :func:`columns_of` gives them, whatever the assertions say: what is explained
        is the model itself. Columns that it does not know are ignored.
        """
        known = {item.name: whole(item, columns[item.name]) for item in self.signature.inputs}
        answer = self._opened.predict(known)
        scores = np.asarray(
            answer["prediction" if self.signature.classes is None else "probabilities"], np.float64
        )
        cutoff = None if self.decision is None else self.decision.cutoff(known.__getitem__)
        return Predictions(self.signature.classes, scores, cutoff)

    @property
    def decision(self) -> Decision | None:
        """From which probability on it answers with the positive class; ``None`` for the more probable class."""
        found = self.details.get("decision")
        return None if found is None else Decision.from_dict(found)

    @cached_property
    def _opened(self) -> Runtime:
        return self.open()


def columns_of(table: Table, signature: Signature) -> dict[str, npt.NDArray[Any]]:
    """The columns of a table that a signature asks for; numbers where it asks for text are written as text.

    Raises:
        BadInputError: If a column is missing, or holds text where the signature asks for numbers.
    """
    found = {name: table.column(name) for name in signature.names if name in table.names}
    for item in signature.inputs:
        column = found.get(item.name)
        if column is not None and item.datatype == "BYTES" and column.dtype != object:
            found[item.name] = _as_text(column)
    unfit = [item for item in signature.inputs if item.name not in found or _is_unfit(item, found[item.name])]
    lists = {item.name: found[item.name] for item in unfit if item.name in found}
    return {**found, **read_lists(unfit, lists, rows=table.num_rows)} if unfit else found


def whole(item: Field, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column of whole numbers with every value made whole: those that somebody perturbed are not any more."""
    return np.rint(column) if item.datatype == "INT64" else column


def _is_unfit(item: Field, column: npt.NDArray[Any]) -> bool:
    return item.datatype != "BYTES" and column.dtype == object


def _as_text(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # Imported here: a server that answers columns never needs it.
    from mainspring.data.transforms.kinds import as_words

    text = np.empty(len(column), dtype=object)
    text[:] = as_words(column)
    return text
