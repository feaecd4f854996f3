"""Graphs in files: those of a server's file, or one that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.serving import strict_yaml
from mainspring.serving.assembly import repository_of
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.graphs.checking import check
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.ports import models_of
from mainspring.serving.server import packages_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphs:
    """The graphs of a file.

    Attributes:
        graphs: By name; the graph of a file of its own has the name of the file.
        options: Of the server, where the file is that of one.
    """

    graphs: Mapping[str, Graph]
    options: ServerOptions | None = None


def read(file: Path) -> Graphs:
    """The graphs in a file.

    Raises:
        NotFoundError: If there is no such file, or no graph in it.
        InputError: If it cannot be read.
    """
    try:
        plain = strict_yaml.load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError("there is no such file", where=str(file)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"the file is wrong: {error}", where=str(file)) from error
    if isinstance(plain, dict) and "nodes" in plain:
        try:
            return Graphs(graphs={file.stem: msgspec.convert(plain, Graph)})
        except msgspec.ValidationError as error:
            raise InputError(f"the file is wrong: {error}", where=str(file)) from error
    options = read_options(file)
    found = {name: one.graph for name, one in options.models.items() if one.graph is not None}
    if not found:
        raise NotFoundError(
            "there is no graph in the file", expected="nodes, or models with a graph", where=str(file)
        )
    return Graphs(graphs=found, options=options)


def problems_of(found: Graphs, *, models: bool = True) -> dict[str, list[str]]:
    """Everything that is wrong with each graph.

    Args:
        found: What a file holds.
        models: Load the models that it names, and look whether what flows along every edge fits.
    """
    told = {name: _own(name, graph) for name, graph in found.graphs.items()}
    if found.options is None:
        return told
    for name, graph in found.graphs.items():
        if not found.options.repository.folder:
            gone = [one.name for one in models_of(graph).values() if one.name not in found.options.models]
            told[name] += [f"model {one!r} is not in the file" for one in dict.fromkeys(gone)]
    if models and not any(told.values()):
        for name, problem in _loaded(found.options).items():
            told.setdefault(name, []).extend(problem)
    return told


def _own(name: str, graph: Graph) -> list[str]:
    try:
        check(graph, where=name)
    except InputError as error:
        return _lines(error)
    return []


def _lines(error: MainspringError) -> list[str]:
    first, *rest = [line.strip() for line in error.found.split("\n")]
    return rest or [first + (f"; expected {error.expected}" if error.expected else "")]


def _loaded(options: ServerOptions) -> dict[str, list[str]]:
    """What is wrong with models and graphs once they are loaded."""
    repository = repository_of(packages_of(options), options)
    try:
        try:
            repository.load_all()
        except MainspringError as error:
            return {"models": _lines(error)}
        return {one.name: [one.reason] for one in repository.index() if one.reason}
    finally:
        repository.close()


def as_plain(graph: Graph) -> Any:
    """A graph as plain values, as it is written in a file."""
    return msgspec.to_builtins(graph)
