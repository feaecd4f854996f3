"""How a model is served, in the form of Triton's model configuration extension.

Specification: ``docs/protocol/extension_model_configuration.md`` of Triton, and ``model_config.proto`` of its
common repository.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from mainspring.models.signature import Field
from mainspring.serving.ports import Answering
from mainspring.serving.repository import ModelOptions, VersionPolicy

Document: TypeAlias = dict[str, Any]


def config(model: Answering, options: ModelOptions) -> Document:
    """The configuration of a model.

    Args:
        model: What it is about.
        options: How it is served; they stand under ``parameters`` as JSON, in the form that loading takes. Beside
            them stand the ``task`` and the ``classes`` of a model that has them.
    """
    given: Document = msgspec.to_builtins(options)
    most = 0 if options.batching is None else options.batching.max_batch_size
    taken = {name: value for name, value in given.items() if name not in ModelOptions.SET_AT_START}
    return {
        "name": model.name,
        "platform": f"mainspring_{model.runtime}",
        "backend": model.runtime,
        "version_policy": _policy(options.versions),
        "max_batch_size": most,
        "input": [_tensor(field, batched=most > 0) for field in model.inputs],
        "output": [_tensor(field, batched=most > 0) for field in model.outputs],
        "parameters": {"options": {"string_value": json.dumps(taken)}, **_judged(model)},
    }


def _judged(model: Answering) -> Document:
    """The task and the classes of a model: what its outputs mean."""
    found: Document = {"task": {"string_value": model.task}} if model.task else {}
    if model.classes is not None:
        found["classes"] = {"string_value": json.dumps(list(model.classes))}
    return found


def _tensor(field: Field, *, batched: bool) -> Document:
    """A tensor; of a model whose requests are computed together, the dimension of the rows goes without saying."""
    datatype = "STRING" if field.datatype == "BYTES" else field.datatype
    dims = list(field.shape)[1:] if batched else list(field.shape)
    tensor: Document = {"name": field.name, "data_type": f"TYPE_{datatype}", "dims": dims}
    if not field.required:
        tensor["optional"] = True
    return tensor


def _policy(versions: VersionPolicy) -> Document:
    if versions.all:
        return {"all": {}}
    if versions.specific is not None:
        chosen: Sequence[str] = versions.specific
        return {"specific": {"versions": list(chosen)}}
    return {"latest": {"num_versions": versions.latest or 1}}
