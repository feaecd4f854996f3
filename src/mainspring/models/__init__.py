"""The product: trained models, packages that are proved to answer as trained, and the registry.

:func:`train` fits an estimator of any framework that has a trainer on a table, behind its transform. :func:`build`
turns the :class:`Model` into a :class:`Package`: transform and model in one ONNX file with a :class:`Signature`,
proved on real and on hostile rows, or else the model itself with the reason. :class:`Registry` numbers packages
and moves aliases.

.. code-block:: python

    model = train(table, transform, estimator="lightgbm.LGBMClassifier", seed=0)
    package = build(model, held_out)
    print(package.parity)
    runtime = package.open()
    answer = runtime.predict(package.signature.columns([{"age": 38, "education": "Masters"}]))
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.models.calibration import Calibration, fit_calibrator
    from mainspring.models.conversion import prove_conversion, transform_of
    from mainspring.models.decision import Decision
    from mainspring.models.declaring import declare_assertions
    from mainspring.models.finishing import calibrate, choose_threshold, set_threshold
    from mainspring.models.matrices import matrix_by_graph, prove_matrix
    from mainspring.models.model import Model
    from mainspring.models.package import Package
    from mainspring.models.packaging import build
    from mainspring.models.parity import Parity
    from mainspring.models.registry import (
        AliasMove,
        Blessing,
        ModelVersion,
        Policy,
        PromotionRefusedError,
        Registry,
    )
    from mainspring.models.selection import select_features
    from mainspring.models.signature import BadInputError, Field, Signature
    from mainspring.models.training import (
        Baselines,
        baseline_table,
        check_training,
        find_estimator,
        measure_baselines,
        read_rules,
        read_weights,
        train,
        train_both,
    )
    from mainspring.models.training.batches import Batches
    from mainspring.models.training.checkpoints import Checkpoints
    from mainspring.models.training.streaming import train_in_batches
    from mainspring.models.variants import VariantComparison, compare_variants
    from mainspring.models.versions import Version

# Imported on first use: a server needs none of what makes models.
_EXPORTS = {
    "AliasMove": "registry",
    "BadInputError": "signature",
    "Baselines": "training",
    "Batches": "training.batches",
    "Blessing": "registry",
    "Calibration": "calibration",
    "Checkpoints": "training.checkpoints",
    "Decision": "decision",
    "Field": "signature",
    "Model": "model",
    "ModelVersion": "registry",
    "Package": "package",
    "Parity": "parity",
    "Policy": "registry",
    "PromotionRefusedError": "registry",
    "Registry": "registry",
    "Signature": "signature",
    "VariantComparison": "variants",
    "Version": "versions",
    "baseline_table": "training",
    "build": "packaging",
    "calibrate": "finishing",
    "check_training": "training",
    "choose_threshold": "finishing",
    "compare_variants": "variants",
    "declare_assertions": "declaring",
    "find_estimator": "training",
    "fit_calibrator": "calibration",
    "matrix_by_graph": "matrices",
    "measure_baselines": "training",
    "prove_conversion": "conversion",
    "prove_matrix": "matrices",
    "read_rules": "training",
    "read_weights": "training",
    "select_features": "selection",
    "set_threshold": "finishing",
    "train": "training",
    "train_both": "training",
    "train_in_batches": "training.streaming",
    "transform_of": "conversion",
}

__all__ = [
    "AliasMove",
    "BadInputError",
    "Baselines",
    "Batches",
    "Blessing",
    "Calibration",
    "Checkpoints",
    "Decision",
    "Field",
    "Model",
    "ModelVersion",
    "Package",
    "Parity",
    "Policy",
    "PromotionRefusedError",
    "Registry",
    "Signature",
    "VariantComparison",
    "Version",
    "baseline_table",
    "build",
    "calibrate",
    "check_training",
    "choose_threshold",
    "compare_variants",
    "declare_assertions",
    "find_estimator",
    "fit_calibrator",
    "matrix_by_graph",
    "measure_baselines",
    "prove_conversion",
    "prove_matrix",
    "read_rules",
    "read_weights",
    "select_features",
    "set_threshold",
    "train",
    "train_both",
    "train_in_batches",
    "transform_of",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
