"""Starts a class of the user's, and makes a model of it."""

from __future__ import annotations

from mainspring.serving.components.component_process import ComponentProcess
from mainspring.serving.components.inline import InlineComponent
from mainspring.serving.components.model import ComponentModel, ProcessModel
from mainspring.serving.components.node import Node
from mainspring.serving.components.options import Component


def start(component: Component, *, name: str) -> Node:
    """Start a class where it is to run.

    Args:
        component: The class.
        name: What its lines are logged under, and errors name.

    Raises:
        InputError: If there is no such interpreter.
        UnavailableError: If it cannot be loaded; with what it wrote.
    """
    if component.inline:
        return InlineComponent(component, name=name)
    node = ComponentProcess(component, name=name)
    node.start()
    return node


def open_component(component: Component, *, name: str, version: str = "1") -> ComponentModel:
    """A class as a model: it is loaded, and has answered its example if it has one.

    One that has no ``predict``, but other methods of the contract, is of use in graphs.

    Raises:
        InputError: If it declares what makes no sense.
        UnavailableError: If it cannot be loaded; with what it wrote.
        MainspringError: If it does not answer its example.
    """
    node = start(component, name=f"{name} {version}")
    try:
        model = (
            ProcessModel(node, component, name=name, version=version)
            if isinstance(node, ComponentProcess)
            else ComponentModel(node, component, name=name, version=version)
        )
        model.warm()
    except BaseException:
        node.close()
        raise
    return model
