"""Makes the variants that trade exactness for size, and measures how far they lie off the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from mainspring.core.plugins import load as load_plugin
from mainspring.models.challenges import Challenge, Columns, challenges
from mainspring.models.crossings import near_cutoff
from mainspring.models.exporting import export
from mainspring.models.model import Model
from mainspring.models.parity import Parity
from mainspring.models.ports import Exported, Exporter, NotExportableError, Runtime, RuntimeLoader
from mainspring.models.proof import prove
from mainspring.models.signature import Signature
from mainspring.models.variants import Variant


@dataclass(frozen=True, slots=True)
class Approximated:
    """A variant, and how it answers.

    Attributes:
        exported: Its files.
        parity: How it answers real rows: what it is judged by.
        strange: How it answers rows with missing and unseen values, which are told and not judged: ``rows``,
            ``different`` and ``largest``. A value that stands in for a missing one often lies on a threshold, and
            then all such rows are off together.
        near: The real rows so near the cutoff that the tolerance reaches across it: ``rows``, and how many of them
            are answered otherwise, ``different``; empty for a model without a cutoff.
    """

    exported: Exported
    parity: Parity
    strange: Mapping[str, Any]
    near: Mapping[str, int]


def approximate(model: Model, columns: Columns, signature: Signature, variant: Variant) -> Approximated:
    """Make a variant, if it answers real rows as closely as it must.

    Raises:
        NotExportableError: If it is not applicable, or lies further off than it may.
    """
    exporter = cast("Exporter", load_plugin("exporters", str(variant.exporter))())
    exported = export(exporter, model, signature)
    exported = replace(exported, tolerance=variant.tolerance or exported.tolerance, boundaries={})
    runtime = cast("RuntimeLoader", load_plugin("runtimes", exported.runtime))(exported.files, signature)
    found = challenges(columns, signature, model.transform, {})

    def asked(challenges: list[Challenge]) -> Parity:
        return prove(
            model,
            runtime,
            challenges,
            name=exported.runtime,
            tolerance=exported.tolerance,
            may_differ=variant.may_differ,
        )

    parity = asked([one for one in found if one.kind == "real"])
    if not parity.ok:
        raise NotExportableError(
            f"{variant.name} lies too far off: {parity.rows_different} of {parity.rows_compared} rows by more "
            f"than {parity.tolerance:g} or with another label, at most by {parity.max_abs_difference:.2g}",
            expected=f"at most {variant.may_differ:.1%} of the rows",
            fix="package the variant onnx, which is exact",
        )
    others = [one for one in found if one.kind != "real"]
    strange = asked(others) if others else None
    told = {
        "rows": 0 if strange is None else strange.rows_compared,
        "different": 0 if strange is None else strange.rows_different,
        "largest": 0.0 if strange is None else strange.max_abs_difference,
    }
    return Approximated(exported, parity, told, _across(model, runtime, columns, exported.tolerance))


def _across(model: Model, runtime: Runtime, columns: Columns, distance: float) -> dict[str, int]:
    """How many real rows lie near the cutoff, and how many of them get another answer."""
    near = near_cutoff(model, columns, distance)
    if not len(near):
        return {}
    different = model.predict_columns(near.columns).labels != runtime.predict(near.columns)["label"]
    return {"rows": len(near), "different": int(different.sum())}
