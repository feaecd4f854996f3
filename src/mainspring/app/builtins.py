"""Mainspring's own parts, offered through the same door as any plugin's."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.core.plugins import hookimpl


@hookimpl
def mainspring_artifact_types() -> Mapping[str, str]:
    """The nouns of the rooms."""
    return {
        "mainspring.AdversarialReport": "mainspring.evaluation.robustness.attacks:AdversarialReport",
        "mainspring.Anchor": "mainspring.evaluation.explanation.anchors:Anchor",
        "mainspring.Approval": "mainspring.pipelines.approvals:Approval",
        "mainspring.Assessment": "mainspring.data.assessment:Assessment",
        "mainspring.Attributions": "mainspring.evaluation.explanation:Attributions",
        "mainspring.Contrast": "mainspring.evaluation.explanation.contrast:Contrast",
        "mainspring.Counterfactuals": "mainspring.evaluation.explanation.counterfactuals:Counterfactuals",
        "mainspring.Effect": "mainspring.evaluation.explanation.effects:Effect",
        "mainspring.BulkPredictions": "mainspring.serving.bulk.predictions:BulkPredictions",
        "mainspring.Audit": "mainspring.evaluation.audit:Audit",
        "mainspring.ErrorAnalysis": "mainspring.evaluation.errors:ErrorAnalysis",
        "mainspring.Baselines": "mainspring.models.training.baseline_set:Baselines",
        "mainspring.Evaluation": "mainspring.evaluation.evaluation:Evaluation",
        "mainspring.Examples": "mainspring.data.examples:Examples",
        "mainspring.Explainer": "mainspring.evaluation.explanation.explainer:Explainer",
        "mainspring.Extraction": "mainspring.evaluation.robustness.attacks:Extraction",
        "mainspring.Fairness": "mainspring.evaluation.fairness.fairness:Fairness",
        "mainspring.Flips": "mainspring.evaluation.fairness.flipped:Flips",
        "mainspring.Fuzzing": "mainspring.evaluation.robustness.fuzzing:Fuzzing",
        "mainspring.DefenceComparison": "mainspring.evaluation.robustness.defences:DefenceComparison",
        "mainspring.GroupCutoffs": "mainspring.evaluation.fairness.mitigation:GroupCutoffs",
        "mainspring.MitigationComparison": "mainspring.evaluation.fairness.mitigation:MitigationComparison",
        "mainspring.FeatureSelection": "mainspring.data.transforms.selection:FeatureSelection",
        "mainspring.Highlights": "mainspring.evaluation.explanation.highlights:Highlights",
        "mainspring.Importance": "mainspring.evaluation.explanation.importance:Importance",
        "mainspring.Inversion": "mainspring.evaluation.robustness.attacks:Inversion",
        "mainspring.Membership": "mainspring.evaluation.robustness.attacks:Membership",
        "mainspring.Model": "mainspring.models.model:Model",
        "mainspring.ModelVersion": "mainspring.models.registry:ModelVersion",
        "mainspring.Operation": "mainspring.evaluation.operation:Operation",
        "mainspring.Package": "mainspring.models.package:Package",
        "mainspring.Poison": "mainspring.evaluation.robustness.attacks:Poison",
        "mainspring.Pushed": "mainspring.serving.push:Pushed",
        "mainspring.Reduction": "mainspring.data.transforms.reduction:AffineReduction",
        "mainspring.RegionAttributions": "mainspring.evaluation.explanation.images:RegionAttributions",
        "mainspring.RemedyComparison": "mainspring.evaluation.robustness:RemedyComparison",
        "mainspring.ResidualDiagnosis": "mainspring.evaluation.metrics.residuals:ResidualDiagnosis",
        "mainspring.Robustness": "mainspring.evaluation.robustness:Robustness",
        "mainspring.Schema": "mainspring.data.schema:Schema",
        "mainspring.SliceSearch": "mainspring.evaluation.search:SliceSearch",
        "mainspring.Statistics": "mainspring.data.statistics:Statistics",
        "mainspring.Surrogate": "mainspring.evaluation.explanation.surrogate:Surrogate",
        "mainspring.Table": "mainspring.data.tables:Table",
        "mainspring.Transform": "mainspring.data.transforms:Transform",
        "mainspring.VariantComparison": "mainspring.models.variants:VariantComparison",
        "mainspring.Validation": "mainspring.data.validation:Validation",
        "mainspring.Verdict": "mainspring.core.verdicts:Verdict",
        "mainspring.WhatIf": "mainspring.evaluation.explanation.what_if:WhatIf",
    }


@hookimpl
def mainspring_explainers() -> Mapping[str, str]:
    """Ways to explain an answer."""
    shapley = "mainspring.evaluation.explanation.shapley.attributing"
    return {
        "anchors": "mainspring.evaluation.explanation.anchors:anchors",
        "contrast": "mainspring.evaluation.explanation.contrast:contrast",
        "counterfactuals": "mainspring.evaluation.explanation.counterfactuals:counterfactuals",
        "deep_shap": "mainspring.models.explaining:by_deep_shap",
        "exact_shapley": f"{shapley}:by_exact_shapley",
        "integrated_gradients": "mainspring.models.explaining:by_integrated_gradients",
        "kernel_shap": f"{shapley}:by_kernel_shap",
        "lime": "mainspring.evaluation.explanation.lime:lime",
        "linear_shap": "mainspring.models.explaining:by_linear_shap",
        "sampled_shapley": f"{shapley}:by_sampled_shapley",
        "terms": "mainspring.models.explaining:by_terms",
        "tree_shap": "mainspring.models.explaining:by_tree_shap",
    }


@hookimpl
def mainspring_trainers() -> Mapping[str, str]:
    """Learning frameworks."""
    return {
        "catboost": "mainspring.models.adapters.catboost:CatBoostTrainer",
        "function": "mainspring.models.adapters.function:FunctionTrainer",
        "interpret": "mainspring.models.adapters.interpret:ExplainableBoostingTrainer",
        "lightgbm": "mainspring.models.adapters.lightgbm:LightGBMTrainer",
        "sklearn": "mainspring.models.adapters.sklearn:SklearnTrainer",
        "torch": "mainspring.models.adapters.torch:TorchTrainer",
        "xgboost": "mainspring.models.adapters.xgboost:XGBoostTrainer",
    }


@hookimpl
def mainspring_exporters() -> Mapping[str, str]:
    """Portable model formats."""
    variants = "mainspring.models.adapters.onnx_variants"
    return {
        "onnx": "mainspring.models.adapters.onnx_export:OnnxExporter",
        "onnx-browser": f"{variants}:BrowserExporter",
        "onnx-float32": f"{variants}:Float32Exporter",
        "onnx-int8": f"{variants}:Int8Exporter",
    }


@hookimpl
def mainspring_runtimes() -> Mapping[str, str]:
    """What answers predictions."""
    return {
        "foreign-lightgbm": "mainspring.models.adapters.foreign_lightgbm:open_runtime",
        "foreign-onnx": "mainspring.models.adapters.foreign_onnx:open_runtime",
        "foreign-python": "mainspring.models.foreign.python_code:open_runtime",
        "foreign-sklearn": "mainspring.models.adapters.foreign_sklearn:open_runtime",
        "foreign-xgboost": "mainspring.models.adapters.foreign_xgboost:open_runtime",
        "onnx": "mainspring.models.adapters.onnx_runtime:open_runtime",
        "python": "mainspring.models.adapters.python_runtime:open_runtime",
    }


@hookimpl
def mainspring_tensor_runtimes() -> Mapping[str, str]:
    """What serves files of tensors as they are."""
    return {
        ".onnx": "mainspring.models.adapters.onnx_tensors:open_file",
        ".pt2": "mainspring.models.adapters.torch_tensors:open_file",
    }


@hookimpl
def mainspring_importers() -> Mapping[str, str]:
    """Kinds of models made elsewhere."""
    return {
        "hub": "mainspring.models.foreign.python_code:import_hub",
        "lightgbm": "mainspring.models.adapters.foreign_lightgbm:import_lightgbm",
        "mlflow": "mainspring.models.adapters.foreign_mlflow:import_mlflow",
        "onnx": "mainspring.models.adapters.foreign_onnx:import_onnx",
        "python": "mainspring.models.foreign.python_code:import_python",
        "sklearn": "mainspring.models.adapters.foreign_sklearn:import_sklearn",
        "xgboost": "mainspring.models.adapters.foreign_xgboost:import_xgboost",
    }


@hookimpl
def mainspring_sources() -> Mapping[str, str]:
    """Kinds of files, and databases."""
    room = "mainspring.data.sources"
    return {
        **dict.fromkeys((".csv", ".tsv", ".data", ".test", ".txt"), f"{room}.plain:read_text"),
        **dict.fromkeys((".json", ".jsonl", ".ndjson"), f"{room}.json_lines:read_json"),
        **dict.fromkeys((".arrow", ".feather"), f"{room}.arrow:read_arrow"),
        **dict.fromkeys((".parquet", ".pq"), f"{room}.plain:read_parquet"),
        **dict.fromkeys((".tfrecord", ".tfrecords"), f"{room}.tfrecord:read_tfrecord"),
        **dict.fromkeys(
            ("mariadb", "mysql", "postgres", "postgresql", "sqlite"), f"{room}.databases:read_database"
        ),
    }


@hookimpl
def mainspring_statistics() -> Mapping[str, str]:
    """Figures of features beyond those that all have."""
    return {"recognition": "mainspring.data.profiling.generators:RecognitionGenerator"}


@hookimpl
def mainspring_stores() -> Mapping[str, str]:
    """Databases for the record and the queue."""
    return {
        "mariadb": "mainspring.store.adapters.mysql:open_store",
        "memory": "mainspring.store.adapters.memory:open_store",
        "mysql": "mainspring.store.adapters.mysql:open_store",
        "postgres": "mainspring.store.adapters.postgresql:open_store",
        "postgresql": "mainspring.store.adapters.postgresql:open_store",
        "sqlite": "mainspring.store.adapters.sqlite:open_store",
    }


@hookimpl
def mainspring_blob_stores() -> Mapping[str, str]:
    """Places for bytes."""
    return {
        "file": "mainspring.store.adapters.local_blobs:open_blobs",
        "memory": "mainspring.store.adapters.memory:open_blobs",
    }


@hookimpl
def mainspring_window_checks() -> Mapping[str, str]:
    """What is looked at in a window of a served model."""
    return {
        "calibration": "mainspring.monitoring.checks.calibration:CalibrationCheck",
        "concept": "mainspring.monitoring.checks.concept:ConceptCheck",
        "drift": "mainspring.monitoring.checks.drift:DriftCheck",
        "estimated_quality": "mainspring.monitoring.checks.estimated_quality:EstimatedQualityCheck",
        "multivariate": "mainspring.monitoring.checks.multivariate:MultivariateCheck",
        "novelty": "mainspring.monitoring.checks.novelty:NoveltyCheck",
        "outliers": "mainspring.monitoring.checks.outliers:OutliersCheck",
        "predictions": "mainspring.monitoring.checks.predictions:PredictionsCheck",
        "quality": "mainspring.monitoring.checks.quality:QualityCheck",
        "skew": "mainspring.monitoring.checks.skew:SkewCheck",
        "streams": "mainspring.monitoring.checks.streams:StreamsCheck",
        "traffic": "mainspring.monitoring.checks.traffic:TrafficCheck",
    }
