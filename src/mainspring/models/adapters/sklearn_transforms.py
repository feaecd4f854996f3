"""Fitted transformers and pipelines of scikit-learn as ops of a transform.

Nothing is guessed: a transformer, an option or a combination without an op is refused with the reason, and what
was converted is compared with the original on real rows before it is given out: see
:mod:`mainspring.models.conversion`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn import compose, decomposition, impute, pipeline, preprocessing
from sklearn.feature_extraction import text

from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms.evaluation import needed
from mainspring.data.transforms.ops import (
    BagOfWords,
    Kind,
    Lower,
    NGrams,
    Op,
    ScaleChannels,
    StopWords,
    Tokens,
    UnitLength,
)
from mainspring.models.adapters import sklearn_encoders as encoders
from mainspring.models.adapters import sklearn_scalers as scalers
from mainspring.models.adapters.sklearn_graph import Part, Sheet
from mainspring.models.ports import NotExportableError

Convert = Callable[[Sheet, Any, Sequence[Part]], list[Part]]


def convert(fitted: Any, inputs: Sequence[Column]) -> tuple[tuple[Op, ...], tuple[str, ...]]:
    """The ops of a fitted transformer, and the values that make its matrix.

    Args:
        fitted: A transformer, pipeline of transformers, or column transformer.
        inputs: The columns that it was fitted on, in their order.

    Raises:
        NotExportableError: For what has no op, with the reason.
    """
    sheet = Sheet({column.name: column.type for column in inputs})
    made = _convert(sheet, fitted, [sheet.raw(column.name) for column in inputs])
    for part in made:
        if part.kind is not Kind.NUMBER:
            raise NotExportableError(f"{part.name!r} stays text: the matrix holds numbers")
    results = tuple(part.name for part in made)
    if len(set(results)) < len(results):
        joined = sheet.together(made)
        results = (joined.name,)
    return tuple(needed(sheet.ops, results)), results


def _convert(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    if fitted is None or (isinstance(fitted, str) and fitted == "passthrough"):
        return list(parts)
    if not parts:
        return []
    known = KNOWN.get(type(fitted))
    if known is not None:
        return known(sheet, fitted, parts)
    if hasattr(fitted, "get_support"):
        return _selected(fitted, parts)
    raise NotExportableError(f"{type(fitted).__name__} has no op")


def _pipeline(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    for _, step in fitted.steps:
        parts = _convert(sheet, step, parts)
    return list(parts)


def _union(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    if fitted.transformer_weights:
        raise NotExportableError("FeatureUnion with weights")
    made = [_convert(sheet, step, parts) for _, step in fitted.transformer_list if step != "drop"]
    return [part for one in made for part in one]


def _column_transformer(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    if fitted.transformer_weights:
        raise NotExportableError("ColumnTransformer with weights")
    if any(part.width != 1 for part in parts):
        raise NotExportableError("ColumnTransformer over what is not raw columns")
    chosen = fitted._transformer_to_input_indices
    found = []
    for name, step, _ in fitted.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        found += _convert(sheet, step, [parts[place] for place in chosen[name]])
    return found


def _selected(fitted: Any, parts: Sequence[Part]) -> list[Part]:
    """Selectors of features: the columns that they keep."""
    if any(part.width != 1 for part in parts):
        raise NotExportableError(f"{type(fitted).__name__} chooses among the columns of one value")
    return [part for part, kept in zip(parts, fitted.get_support(), strict=True) if kept]


def _counts(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    """``CountVectorizer``.

    Raises:
        NotExportableError: For functions of the user's own, accents, and other units than words.
    """
    if len(parts) != 1 or parts[0].kind is not Kind.WORD:
        raise NotExportableError(f"{type(fitted).__name__} over what is not one column of text")
    own = [name for name in ("preprocessor", "tokenizer", "strip_accents") if getattr(fitted, name) is not None]
    if own or fitted.analyzer != "word":
        raise NotExportableError(f"{type(fitted).__name__} with {', '.join(own) or repr(fitted.analyzer)}")
    (part,) = parts
    if fitted.lowercase:
        part = sheet.add(Lower, [part], "lower")
    # Runs of what is no white space are what a split at white space gives.
    pattern = None if fitted.token_pattern in {r"\S+", r"(?u)\S+"} else fitted.token_pattern
    part = sheet.add(Tokens, [part], "tokens", pattern=pattern)
    stopped = fitted.get_stop_words()
    if stopped:
        part = sheet.add(StopWords, [part], "without", words=tuple(sorted(stopped)))
    low, high = fitted.ngram_range
    if (low, high) != (1, 1):
        part = sheet.add(NGrams, [part], "ngrams", low=low, high=high)
    ordered = tuple(sorted(fitted.vocabulary_, key=fitted.vocabulary_.__getitem__))
    return [sheet.add(BagOfWords, [part], "bag", width=len(ordered), vocabulary=ordered, binary=fitted.binary)]


def _tf_idf(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    """``TfidfVectorizer``.

    Raises:
        NotExportableError: As for counts, and for sublinear counts.
    """
    (bag,) = _counts(sheet, fitted, parts)
    return [_weighted(sheet, fitted, bag)]


def _tf_idf_of_counts(sheet: Sheet, fitted: Any, parts: Sequence[Part]) -> list[Part]:
    """``TfidfTransformer``."""
    return [_weighted(sheet, fitted, sheet.together(parts))]


def _weighted(sheet: Sheet, fitted: Any, bag: Part) -> Part:
    if fitted.sublinear_tf:
        raise NotExportableError(f"{type(fitted).__name__} with sublinear_tf")
    if fitted.use_idf:
        scales = tuple(1.0 / float(weight) for weight in fitted.idf_)
        bag = sheet.add(ScaleChannels, [bag], "weighted", shifts=(0.0,) * bag.width, scales=scales)
    return bag if fitted.norm is None else sheet.add(UnitLength, [bag], "unit", length=fitted.norm)


KNOWN: Final[Mapping[type[Any], Convert]] = {
    compose.ColumnTransformer: _column_transformer,
    decomposition.PCA: scalers.project,
    decomposition.TruncatedSVD: scalers.project,
    impute.SimpleImputer: scalers.impute,
    pipeline.FeatureUnion: _union,
    pipeline.Pipeline: _pipeline,
    preprocessing.Binarizer: scalers.binarize,
    preprocessing.FunctionTransformer: scalers.function,
    preprocessing.KBinsDiscretizer: encoders.buckets,
    preprocessing.MaxAbsScaler: scalers.max_abs,
    preprocessing.MinMaxScaler: scalers.min_max,
    preprocessing.Normalizer: scalers.normalize,
    preprocessing.OneHotEncoder: encoders.one_hot,
    preprocessing.OrdinalEncoder: encoders.ordinal,
    preprocessing.PolynomialFeatures: scalers.polynomial,
    preprocessing.PowerTransformer: scalers.power,
    preprocessing.QuantileTransformer: scalers.quantiles,
    preprocessing.RobustScaler: scalers.robust,
    preprocessing.StandardScaler: scalers.standard,
    text.CountVectorizer: _counts,
    text.TfidfTransformer: _tf_idf_of_counts,
    text.TfidfVectorizer: _tf_idf,
}
"""What becomes of each transformer. A class derived from one of these is not known: it may do something else."""


def original_matrix(
    fitted: Any, columns: Mapping[str, npt.NDArray[Any]], inputs: Sequence[Column]
) -> npt.NDArray[np.float64]:
    """What the fitted transformer itself makes of columns, float64 ``[n, columns]``.

    One that was fitted on a data frame is given one. Missing texts are ``None``, and where that is refused, NaN.
    """
    errors: list[Exception] = []
    for missing in (None, np.nan):
        cells = {column.name: _cells(columns[column.name], column.type, missing) for column in inputs}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = fitted.transform(_rows(fitted, cells))
        except (ValueError, TypeError, AttributeError) as error:
            errors.append(error)
            continue
        return np.asarray(made.toarray() if hasattr(made, "toarray") else made, dtype=np.float64)
    raise errors[0]


def _cells(values: npt.NDArray[Any], type_: ColumnType, missing: Any) -> npt.NDArray[Any]:
    if values.dtype == object:
        found = np.empty(len(values), dtype=object)
        found[:] = [missing if value is None else value for value in values]
        return found
    if type_ in {ColumnType.INT, ColumnType.BOOL} and not np.isnan(values).any():
        return values.astype(bool if type_ is ColumnType.BOOL else np.int64)
    return values


def _rows(fitted: Any, cells: Mapping[str, npt.NDArray[Any]]) -> Any:
    """The rows in the form that the transformer knows."""
    if hasattr(fitted, "feature_names_in_"):
        return _frame(cells)
    if len(cells) == 1 and _reads_texts(fitted):
        return next(iter(cells.values()))
    return np.column_stack([*cells.values()])


def _frame(cells: Mapping[str, npt.NDArray[Any]]) -> Any:
    """A data frame of whichever library is there: what was fitted on one needs one."""
    for name in ("pandas", "polars"):
        if find_spec(name):
            return import_module(name).DataFrame(dict(cells))
    raise TypeError("it was fitted on a data frame, and neither pandas nor polars is installed")


def _reads_texts(fitted: Any) -> bool:
    first = fitted.steps[0][1] if isinstance(fitted, pipeline.Pipeline) else fitted
    return isinstance(first, text.CountVectorizer)
