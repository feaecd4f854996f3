"""Packages: what they say of themselves, and the ones that are open to answer, remembered by their content."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from mainspring.core.errors import IntegrityError, NotFoundError

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data import Table
    from mainspring.evaluation.explanation.explainer import Explainer
    from mainspring.models.package import Package
    from mainspring.models.registry import ModelVersion

_OPEN: Final = 4
"""Models that are held in memory at once."""

_DESCRIBED: Final = 2000
_ROWS: Final = 500
_EXAMPLE: Final = "input_example.json"
_EXPLAINER: Final = "mainspring.Explainer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a package says of itself.

    Attributes:
        package: It, without its model.
        files: Path to bytes.
    """

    package: Package
    files: Mapping[str, int]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(self.files.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A package that answers in this process.

    Attributes:
        package: It, with its model.
        explainer: What explains its answers: what was registered with it, or made of the rows that it keeps.
        registered: Whether the explainer was registered with it.
        rows: Rows that stand for the data, without the label; ``None`` if the package keeps none.
    """

    package: Package
    explainer: Explainer | None
    registered: bool
    rows: Table | None


@dataclass(slots=True)
class _Shelf:
    described: OrderedDict[str, Described] = field(default_factory=OrderedDict)
    opened: OrderedDict[str, Future[Opened]] = field(default_factory=OrderedDict)
    guard: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    )


def described(shared: Shared, version: ModelVersion) -> Described:
    """What the package of a version says of itself.

    Raises:
        NotFoundError: If its bytes are gone.
        IntegrityError: If they are not what was stored.
    """
    kept = _shelf(shared)
    with kept.guard:
        if version.digest in kept.described:
            kept.described.move_to_end(version.digest)
            return kept.described[version.digest]
    found = _describe(shared, version)
    with kept.guard:
        kept.described[version.digest] = found
        while len(kept.described) > _DESCRIBED:
            kept.described.popitem(last=False)
    return found


def described_if_there(shared: Shared, version: ModelVersion) -> tuple[Described | None, bool]:
    """The same, with nothing for a package that is gone or damaged; and whether it is damaged."""
    try:
        return described(shared, version), False
    except NotFoundError:
        return None, False
    except IntegrityError:
        return None, True


def text_of(shared: Shared, version: ModelVersion, name: str) -> str:
    """A file of a package as text; empty if there is none."""
    if name not in described(shared, version).files:
        return ""
    return shared.remembered(("models", "text", version.digest, name), 0, lambda: _read(shared, version, name))


def examples_of(shared: Shared, version: ModelVersion) -> Sequence[Mapping[str, Any]]:
    """Real rows that a package keeps."""
    text = text_of(shared, version, _EXAMPLE)
    return msgspec.json.decode(text, type=list[dict[str, Any]]) if text else []


def opening(shared: Shared, version: ModelVersion) -> Future[Opened]:
    """A package that is being opened, or is open: libraries of models take seconds to import the first time."""
    kept = _shelf(shared)
    key = f"{version.digest} {shared.platform.models.companion(version, _EXPLAINER) or ''}"
    with kept.guard:
        found = kept.opened.get(key)
        if found is None or (found.done() and found.exception() is not None):
            found = kept.pool.submit(_open, shared, version)
            kept.opened[key] = found
        kept.opened.move_to_end(key)
        while len(kept.opened) > _OPEN:
            kept.opened.popitem(last=False)
    return found


def _read(shared: Shared, version: ModelVersion, name: str) -> str:
    try:
        with shared.platform.store.blobs.open(version.digest, name) as file:
            return file.read().decode("utf-8", "replace")
    except NotFoundError:
        return ""


def _shelf(shared: Shared) -> _Shelf:
    return shared.remembered(("models", "packages"), 0, _Shelf)


def _describe(shared: Shared, version: ModelVersion) -> Described:
    # Imported here: a console that shows no model does without what reads packages.
    from mainspring.models.registry.comparison import described as read

    blobs = shared.platform.store.blobs
    try:
        return Described(
            package=read(version, blobs),
            files={one.path: one.size for one in blobs.entries(version.digest)},
        )
    except NotFoundError as error:
        raise NotFoundError(
            f"the package of {version} is gone",
            expected="a package in the blob store",
            fix="it was archived and collected; make it again: "
            f"mainspring reproduce {version.name}@{version.version}",
        ) from error


def _open(shared: Shared, version: ModelVersion) -> Opened:
    models = shared.platform.models
    package = models.fetch(version)
    rows = _rows(package)
    try:
        explainer, registered = cast("Any", models.explainer(version)), True
        rows = explainer.background if rows is None else rows
    except NotFoundError:
        explainer, registered = _explainer(package, rows), False
    first = package.input_example[:1]
    if first:  # the model itself is read by its first answer
        package.predict_columns(package.signature.columns(first, ignore_unknown=True))
    return Opened(package=package, explainer=explainer, registered=registered, rows=rows)


def _rows(package: Package) -> Table | None:
    """Rows that the package keeps to be watched by, as its model is asked: without answers and truth."""
    reference = package.reference
    if reference is None or reference.rows is None or not reference.rows.num_rows:
        return None
    known: Sequence[str] = [name for name in package.signature.names if name in reference.rows.names]
    if len(known) < len(package.signature.names):
        return None
    return reference.rows.select(list(known)).rows(0, min(_ROWS, reference.rows.num_rows))


def _explainer(package: Package, rows: Table | None) -> Explainer | None:
    if rows is None:
        return None
    # Imported here: explaining brings its methods along, which only an open model needs.
    from mainspring.evaluation.explanation.explainer import fit_explainer

    classes = package.signature.classes
    methods = ["shap"] if classes is None else ["shap", "counterfactuals"]
    output = None if classes is None or len(classes) <= 2 else classes[0]
    return fit_explainer(rows, predictor=package, method=methods, output=output)
