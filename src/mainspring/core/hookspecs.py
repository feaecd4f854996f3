"""Every hook of Mainspring, in one file. A plugin implements any of them and registers an entry point.

.. code-block:: toml

    [project.entry-points.mainspring]
    my_plugin = "my_package.my_module"

.. code-block:: python

    from mainspring.core.plugins import hookimpl

    @hookimpl
    def mainspring_trainers():
        return {"my-learner": "my_package.learners:MyTrainer"}

Every hook returns names and *import strings* (``"package.module:attribute"``), never objects: nothing is
imported before somebody asks for that name. The bodies below are never run. Mainspring's own parts come in
through the same door (``mainspring.app.builtins``).
"""

from __future__ import annotations

from collections.abc import Mapping

import pluggy

hookspec = pluggy.HookspecMarker("mainspring")


@hookspec
def mainspring_artifact_types() -> Mapping[str, str]:
    """Artifact type name to the class that loads it (see ``mainspring.core.artifacts.Storable``)."""
    return {}


@hookspec
def mainspring_explainers() -> Mapping[str, str]:
    """Method name to a function that explains answers (see ``mainspring.evaluation.explanation.explain``)."""
    return {}


@hookspec
def mainspring_perturbations() -> Mapping[str, str]:
    """Name to a way for columns to go wrong (see ``mainspring.evaluation.robustness.Perturbation``)."""
    return {}


@hookspec
def mainspring_checks() -> Mapping[str, str]:
    """Check name to a function of a ``mainspring.data.Table`` (see ``mainspring.data.validation.custom``)."""
    return {}


@hookspec
def mainspring_metrics() -> Mapping[str, str]:
    """Metric name to a ``mainspring.evaluation.metrics.custom.Metric``, as ``@metric`` makes one."""
    return {}


@hookspec
def mainspring_window_checks() -> Mapping[str, str]:
    """Check name to a ``mainspring.monitoring.ports.Check``: a dataclass whose fields a monitoring file gives."""
    return {}


@hookspec
def mainspring_trainers() -> Mapping[str, str]:
    """Framework name to a ``mainspring.models.ports.Trainer``."""
    return {}


@hookspec
def mainspring_exporters() -> Mapping[str, str]:
    """Exporter name to a ``mainspring.models.ports.Exporter``."""
    return {}


@hookspec
def mainspring_runtimes() -> Mapping[str, str]:
    """Runtime name to a ``mainspring.models.ports.RuntimeLoader``, used by packages when they are served."""
    return {}


@hookspec
def mainspring_tensor_runtimes() -> Mapping[str, str]:
    """Suffix of a file (``.xyz``) to a ``mainspring.serving.tensor_models.ports.TensorLoader`` that serves it."""
    return {}


@hookspec
def mainspring_importers() -> Mapping[str, str]:
    """Kind of model made elsewhere to a ``mainspring.models.foreign.request.Importer``, which reads it."""
    return {}


@hookspec
def mainspring_sources() -> Mapping[str, str]:
    """Suffix of files (``.xyz``) or URL scheme (``xyz``) to a ``mainspring.data.sources.Reader``."""
    return {}


@hookspec
def mainspring_statistics() -> Mapping[str, str]:
    """Generator name to a ``mainspring.data.profiling.generators.Generator``, or a class that makes one."""
    return {}


@hookspec
def mainspring_stores() -> Mapping[str, str]:
    """URL scheme to a function that opens a metadata store: ``open(url) -> MetadataStore``."""
    return {}


@hookspec
def mainspring_blob_stores() -> Mapping[str, str]:
    """URL scheme to a function that opens a blob store: ``open(url) -> BlobStore``."""
    return {}
