"""Reads a model made elsewhere as a package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.plugins import load as load_plugin
from mainspring.core.plugins import offers
from mainspring.models.assembly import assemble
from mainspring.models.foreign.proving import prove_foreign, refused_columns
from mainspring.models.foreign.request import Described, Importer, Request, made_up_row
from mainspring.models.foreign.trust import trust as trust_files
from mainspring.models.package import MANIFEST, Package, columns_of
from mainspring.models.signature import Signature

if TYPE_CHECKING:
    from mainspring.data import Table

MOST_ROWS = 1_000
"""At most this many rows of an example are tried."""

SUFFIXES = {
    ".onnx": "onnx",
    ".txt": "lightgbm",
    ".json": "xgboost",
    ".ubj": "xgboost",
    ".skops": "sklearn",
    ".pkl": "sklearn",
    ".pickle": "sklearn",
    ".joblib": "sklearn",
    ".py": "python",
}
"""Kinds by the suffix of a file."""


def load(
    path: str | Path,
    *,
    kind: str | None = None,
    example: Table | Sequence[Mapping[str, Any]] | None = None,
    expected: Sequence[Any] | None = None,
    columns: Sequence[str] = (),
    classes: Sequence[str] = (),
    trust: bool = False,
    entry: str = "",
    arguments: Mapping[str, Any] | None = None,
    takes: str = "",
    logits: bool = False,
    about: str = "",
) -> Package:
    """Read a model made elsewhere as a package, tried on example rows.

    The proof of such a package says that the model runs, answers what its signature says, and answers a row alone
    as in a batch; with ``expected``, also that it answers as its maker says. It cannot say more: there is no
    trained model to hold it against.

    Args:
        path: A file or a folder; for a hub repository, a folder with ``hubconf.py`` or an installed package.
        kind: ``onnx``, ``sklearn``, ``lightgbm``, ``xgboost``, ``python``, ``hub`` or ``mlflow``; by default what
            the path looks like.
        example: A few real rows. ONNX files and scikit-learn models do without; their columns are numbers then.
        expected: The label or number that each row of the example should get.
        columns: Names of the columns, where neither model nor example says them.
        classes: Names of the classes, in the order of the probabilities, where the model does not say them.
        trust: Let code that comes with the model run. Pickles, Python classes and hub repositories are code.
        entry: ``"module:name"`` of a Python class or factory, or the name in ``hubconf.py``.
        arguments: What the entry is called with.
        takes: What ``predict`` of a Python model is given: ``columns``, ``rows``, ``matrix`` or ``frame``.
        logits: Scores of classes are logits.
        about: What the model is for, for the model card.

    Raises:
        InputError: If it is no such model, or does not run on the example, with the reason.
        UntrustedError: If code would run without ``trust``; it says which.
        NotFoundError: If no plugin reads that kind.
    """
    from mainspring.data import Table

    place = Path(path)
    if (place / MANIFEST).is_file():
        return Package.load(place)
    rows = example if example is None or isinstance(example, Table) else Table.from_rows(list(example))
    request = Request(
        example=None if rows is None else rows.rows(0, min(rows.num_rows, MOST_ROWS)),
        columns=tuple(columns),
        classes=tuple(classes),
        trust=trust,
        entry=entry,
        arguments=dict(arguments or {}),
        takes=takes,
        logits=logits,
    )
    chosen = kind or guess_kind(place)
    described = cast("Importer", load_plugin("importers", chosen))(place, request)
    if described.runs_code and trust:
        trust_files(described.files)
    return _package(described, request, expected, kind=chosen, source=place.name, about=about)


def guess_kind(path: Path) -> str:
    """The kind of model that a file or folder looks like.

    Raises:
        NotFoundError: If there is nothing.
        InputError: If it looks like none.
    """
    if path.is_dir():
        for name, kind in (("MLmodel", "mlflow"), ("hubconf.py", "hub")):
            if (path / name).is_file():
                return kind
    elif not path.exists():
        raise NotFoundError("there is no such file or folder", where=str(path))
    elif path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise InputError(
        "this does not look like a model",
        where=str(path),
        expected="one of the kinds " + ", ".join(sorted(offers("importers"))),
        fix="say kind=… (--kind)",
    )


def _package(
    described: Described, request: Request, expected: Sequence[Any] | None, *, kind: str, source: str, about: str
) -> Package:
    signature, example = described.signature, request.example
    columns = made_up_row(signature) if example is None else columns_of(example, signature)
    real = 0 if example is None else example.num_rows
    runtime = load_plugin("runtimes", described.runtime)(described.files, signature)
    try:
        parity = prove_foreign(runtime, signature, columns, name=described.runtime, rows=real, expected=expected)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise InputError(
            f"the model does not run on the example: {type(error).__name__}: {error}",
            expected="an answer to " + ("its rows" if real else "a row of zeros"),
            fix="give example rows such as it was trained on",
        ) from error
    strict = refused_columns(runtime, signature, columns)
    inputs = tuple(replace(item, nullable=item.nullable and item.name not in strict) for item in signature.inputs)
    details = {
        "estimator": described.about,
        "params": {},
        "seed": None,
        "label": "",
        "probabilistic": described.probabilistic,
        "ignored": {},
        "metrics": {},
        "data": {},
        "about": about or f"A model made elsewhere: {described.about}.",
        "foreign": {"kind": kind, "source": source, "tried_on": real, "runs_code": described.runs_code},
    }
    return assemble(
        described.files,
        Signature(inputs, signature.outputs, signature.task, signature.classes),
        parity,
        libraries=described.libraries,
        columns=columns,
        details=details,
    )
