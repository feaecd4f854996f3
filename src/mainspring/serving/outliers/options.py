"""What can be said of outliers in the options of a model."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Method: TypeAlias = Literal["robust", "mahalanobis", "isolation_forest", "neighbours", "reconstruction", "domain"]
"""How rows are scored; see :func:`mainspring.serving.outliers.fit_reference`."""


class OutlierOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rows are told apart that are unlike those that a model was trained on.

    Attributes:
        method: How rows are scored.
        share: How many of usual rows may be taken for outliers.
        columns: The inputs that are looked at; by default all that the method can use.
        threshold: From which score on a row is an outlier; by default what the share asks for.
    """

    method: Method = "robust"
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.001
    columns: tuple[str, ...] = ()
    threshold: float | None = None
