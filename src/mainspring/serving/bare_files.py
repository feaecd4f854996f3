"""Model files that are served as they are: no package is made of them, and no code in them runs without trust.

======================= ==========================================================================================
file                    how it is served
======================= ==========================================================================================
``.onnx``               tensors, as the file describes them; one that Mainspring exported, by column
``.pt2``                tensors, of a program that ``torch.export`` saved; only with trust
``.txt``                by column, with LightGBM
``.json``, ``.ubj``     by column, with XGBoost
``.skops``              by column, with scikit-learn
``.pkl``, ``.joblib``   the same; only with trust
======================= ==========================================================================================

The suffixes of tensors come in by the hook ``mainspring_tensor_runtimes``, the others are those of
:mod:`mainspring.models.foreign`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from mainspring.core.errors import InputError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.plugins import offers
from mainspring.models.files import Files
from mainspring.models.signature import Signature
from mainspring.serving.configuration import cores
from mainspring.serving.model_files import STEM, suffixes
from mainspring.serving.ports import Answering, Runtime
from mainspring.serving.predictor import Predictor
from mainspring.serving.tensor_models.model import TensorModel, zeros
from mainspring.serving.tensor_models.ports import TensorLoader, TensorRuntime
from mainspring.serving.threads import ROWS, tune, tune_package

LOG = logging.getLogger(__name__)

SIGNATURE = "mainspring.signature"
"""The note in an ONNX file that Mainspring exported."""

_NO_CODE = frozenset({".txt", ".json", ".ubj"})


@dataclass(frozen=True, slots=True)
class BareModel:
    """A model of columns without a package: a :class:`mainspring.serving.ports.Servable`.

    Attributes:
        signature: What it asks for and answers.
        runtime: The name of what runs it.
        files: What that reads.
    """

    signature: Signature
    runtime: str
    files: Files

    @property
    def input_example(self) -> Sequence[Mapping[str, Any]]:
        """A row of zeros, and of the first categories of those columns that have some."""
        plain = {"BYTES": "", "BOOL": False}
        return [
            {
                item.name: item.domain[0] if item.domain else plain.get(item.datatype, 0)
                for item in self.signature.inputs
            }
        ]

    def open(self, threads: int = 1) -> Runtime:
        """Load it."""
        return cast("Runtime", load_plugin("runtimes", self.runtime)(self.files, self.signature, threads=threads))


def open_file(
    file: Path, *, name: str, version: str = "1", threads: int | Literal["auto"] = 1, trust: bool = False
) -> Answering:
    """Open a model file, and warm it up.

    Args:
        file: The file.
        name: The name under which it is served.
        version: Its version.
        threads: Threads per call; ``auto`` measures how many pay.
        trust: Whether code in the file may run.

    Raises:
        InputError: If there is no such file, or nothing reads it.
        UntrustedError: If it would run code and is not trusted.
        MainspringError: If it cannot be loaded, or does not answer.
    """
    suffix = file.suffix.lower()
    if not file.is_file() or suffix not in suffixes():
        raise InputError(
            "there is no model here" if not file.is_file() else f"files of {suffix or 'no suffix'} are not served",
            expected="a package, or a file that ends in " + ", ".join(suffixes()),
            where=str(file),
        )
    if suffix in offers("tensor_runtimes"):
        loader = cast("TensorLoader", load_plugin("tensor_runtimes", suffix))
        runtime = loader(file, threads=1 if threads == "auto" else threads, trust=trust)
        if SIGNATURE not in runtime.notes:
            if threads == "auto" and cores() > 1:
                runtime = _tuned(loader, file, runtime, trust=trust)
            model = TensorModel(runtime, name=name, version=version)
            model.warm()
            return model
        signature = Signature.from_json(runtime.notes[SIGNATURE])
        own = BareModel(signature, runtime.runtime, Files({f"{STEM}{suffix}": file.read_bytes()}))
        return _predictor(own, name, version, threads)
    return _predictor(_of_columns(file, trust=trust), name, version, threads)


def _of_columns(file: Path, *, trust: bool) -> BareModel:
    from mainspring.models.foreign import Request, guess_kind
    from mainspring.models.foreign.proving import refused_columns
    from mainspring.models.foreign.request import Importer, made_up_row

    described = cast("Importer", load_plugin("importers", guess_kind(file)))(file, Request(trust=trust))
    signature = described.signature
    if file.suffix.lower() not in _NO_CODE:
        # Trees take missing values; of other models that is found out.
        runtime = load_plugin("runtimes", described.runtime)(described.files, signature)
        strict = refused_columns(runtime, signature, made_up_row(signature))
        inputs = tuple(replace(item, nullable=item.name not in strict) for item in signature.inputs)
        signature = replace(signature, inputs=inputs)
    return BareModel(signature, described.runtime, described.files)


def _tuned(loader: TensorLoader, file: Path, single: TensorRuntime, *, trust: bool) -> TensorRuntime:
    """The file, opened with as many threads as pay for zeros; with one if it does not answer these."""

    def open_with(threads: int) -> Callable[[int], object]:
        runtime = single if threads == 1 else loader(file, threads=threads, trust=trust)
        return lambda rows: runtime.run(zeros(runtime.inputs, rows))

    try:
        choice = tune(open_with, most=cores(), rows=ROWS if single.may_batch else (1,))
    except Exception as error:
        LOG.warning("%s: threads could not be tried: %s", file.name, error, exc_info=True)
        return single
    LOG.info("%s: %s", file.name, choice)
    return single if choice.threads == 1 else loader(file, threads=choice.threads, trust=trust)


def _predictor(model: BareModel, name: str, version: str, threads: int | Literal["auto"]) -> Predictor:
    if threads == "auto":
        threads = tune_package(model, most=cores()).threads
    predictor = Predictor(model, name=name, version=version, threads=threads)
    predictor.warm(model.input_example)
    return predictor
