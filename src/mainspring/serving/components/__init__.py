"""Classes of the user's as models: any with ``predict``, or with the contract of Seldon's Python components.

:class:`Component` describes one, :func:`open_component` serves it, in processes of its own or in the server's.
:func:`start` gives a :class:`Node`, which has the other methods of the contract, too.
"""

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.components.component_process import ComponentProcess
    from mainspring.serving.components.inline import InlineComponent
    from mainspring.serving.components.model import ComponentModel
    from mainspring.serving.components.node import Described, Node, Reply
    from mainspring.serving.components.opening import open_component, start
    from mainspring.serving.components.options import Component, TensorSpec

# Imported on first use: a server without such classes needs none of it, and its options only those.
__getattr__, __dir__ = lazily(
    __name__,
    {
        "Component": "options",
        "ComponentModel": "model",
        "ComponentProcess": "component_process",
        "Described": "node",
        "InlineComponent": "inline",
        "Node": "node",
        "Reply": "node",
        "TensorSpec": "options",
        "open_component": "opening",
        "start": "opening",
    },
)

__all__ = [
    "Component",
    "ComponentModel",
    "ComponentProcess",
    "Described",
    "InlineComponent",
    "Node",
    "Reply",
    "TensorSpec",
    "open_component",
    "start",
]
