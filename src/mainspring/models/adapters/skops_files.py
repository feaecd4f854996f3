"""Writes scikit-learn objects with skops: no code in the file, the same bytes for the same object.

skops names things by their address in memory, numpy leaves the gaps in its records as they were, and a zip file
carries the time. All three are made canonical here. On reading, only types of scikit-learn, numpy and scipy that
hold data are trusted, and the trees, whose compiled code follows indices without looking, are checked first.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import BallTree, KDTree
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.sklearn_walk import array_libraries_left_out

with array_libraries_left_out():
    import skops.io

SCHEMA = "schema.json"
EPOCH = (1980, 1, 1, 0, 0, 0)

TRUSTED = frozenset(
    {
        "functools.partial",  # the function in it has to be trusted by itself
        "sklearn._loss.loss.HalfTweedieLoss",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)
"""Types beyond those that skops itself trusts: they hold data, and reading one runs nothing. The compiled code of
the trees follows indices without looking, so these are checked by :func:`load_sklearn`."""


def dump_sklearn(estimator: Any) -> bytes:
    """A fitted estimator as the bytes of a skops file.

    Raises:
        InputError: If it holds something that cannot be written, or would not be trusted when read.
    """
    try:
        written = skops.io.dumps(estimator)
        strange = set(skops.io.get_untrusted_types(data=written)) - TRUSTED
    except TypeError as error:
        raise InputError(
            f"{type(estimator).__name__} cannot be saved without pickle: {error}",
            fix="choose another estimator",
        ) from error
    if strange:
        raise InputError(
            f"{type(estimator).__name__} holds types that are not trusted: {', '.join(sorted(strange))}",
            fix="choose another estimator",
        )
    return _canonical(written)


def load_sklearn(data: bytes) -> Any:
    """Read what :func:`dump_sklearn` wrote.

    Raises:
        IntegrityError: If the file holds types that are not trusted, or trees that point outside themselves.
    """
    try:
        strange = set(skops.io.get_untrusted_types(data=data)) - TRUSTED
        if strange:
            raise IntegrityError(
                f"the model file holds types that are not trusted: {', '.join(sorted(strange))}",
                expected="data of scikit-learn, numpy and scipy only",
            )
        estimator = skops.io.loads(data, trusted=sorted(TRUSTED))
    except (TypeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise IntegrityError(f"the model file cannot be read: {error}") from error
    seen: set[int] = set()
    for owner in _owners(estimator):
        features = int(getattr(owner, "n_features_in_", 0))
        for part in _parts(owner, seen):
            _check_indices(part, features)
    return estimator


def _owners(estimator: Any) -> list[Any]:
    """The estimators that are given a matrix of their own: steps of pipelines, innermost first, then itself."""
    steps = getattr(estimator, "steps", None) if isinstance(estimator, Pipeline) else None
    return [owner for _, step in steps or () for owner in _owners(step)] + [estimator]


def _canonical(written: bytes) -> bytes:
    """The same file with names by first use, gaps of records filled with zeros, and no time."""
    names: dict[str, str] = {}
    numbers: dict[int, int] = {}
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as source, zipfile.ZipFile(target, "w") as canonical:
        schema = _renamed(json.loads(source.read(SCHEMA)), names, numbers)
        for old, new in names.items():
            _write(canonical, new, _filled(source.read(old)))
        _write(canonical, SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
    return target.getvalue()


def _renamed(node: Any, names: dict[str, str], numbers: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_renamed(item, names, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    renamed: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            renamed[key] = numbers.setdefault(value, len(numbers) + 1)
        elif key == "file" and isinstance(value, str):
            renamed[key] = names.setdefault(value, f"{len(names) + 1}.{value.rpartition('.')[2]}")
        else:
            renamed[key] = _renamed(value, names, numbers)
    return renamed


def _filled(data: bytes) -> bytes:
    """An array of records without what happened to lie in its gaps and in the unused fields of leaves."""
    if not data.startswith(b"\x93NUMPY"):
        return data
    array = np.load(io.BytesIO(data), allow_pickle=False)
    fields = array.dtype.names
    if fields is None:
        return data
    clean = np.zeros(array.shape, dtype=array.dtype)
    for field in fields:
        clean[field] = array[field]
    if {"left_child", "missing_go_to_left"} <= set(fields):
        clean["missing_go_to_left"][clean["left_child"] < 0] = 0
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED, 6)


def _parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """The value and everything in it."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple | set):
            waiting += part
        elif isinstance(part, np.ndarray):
            waiting += part.ravel().tolist() if part.dtype == object else ()
        elif hasattr(part, "__dict__"):
            waiting += vars(part).values()


def _check_indices(part: Any, features: int) -> None:
    if isinstance(part, Tree):
        inner = part.children_left >= 0
        _check(part.children_left[inner], part.node_count, after=np.flatnonzero(inner))
        _check(part.children_right[inner], part.node_count, after=np.flatnonzero(inner))
        _check(part.feature[inner], features)
    elif isinstance(part, TreePredictor):
        nodes = part.nodes
        inner = ~nodes["is_leaf"].astype(bool)
        _check(nodes["left"][inner], len(nodes), after=np.flatnonzero(inner))
        _check(nodes["right"][inner], len(nodes), after=np.flatnonzero(inner))
        _check(nodes["feature_idx"][inner], features)
        categorical = inner & nodes["is_categorical"].astype(bool)
        _check(nodes["bitset_idx"][categorical], len(part.raw_left_cat_bitsets))
    elif isinstance(part, KDTree | BallTree):
        points, order, nodes, _bounds = part.get_arrays()
        _check(order, len(points))
        _check(nodes["idx_start"], len(points) + 1)
        _check(nodes["idx_end"], len(points) + 1)


def _check(indices: npt.NDArray[Any], size: int, *, after: npt.NDArray[np.int64] | None = None) -> None:
    """Indices lie inside, and children behind their parents: no walk leaves the tree or goes in circles."""
    whole = indices.astype(np.int64)
    inside = (whole >= 0) & (whole < size)
    if after is not None:
        inside &= whole > after
    if not inside.all():
        raise IntegrityError("the model file holds a tree that points outside itself")
