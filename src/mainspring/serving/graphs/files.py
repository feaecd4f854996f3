"""A graph in a file of its own: YAML, or JSON if its name ends in ``.json``."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving import strict_yaml
from mainspring.serving.graphs.checking import check
from mainspring.serving.graphs.graph import Graph, Node


def read_graph(path: Path | str) -> Graph:
    """Read a graph, and see that it can be right, whatever its models are.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it cannot be read, or is no graph, with everything that is wrong.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such file of a graph", where=str(file)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read: {error}", expected="text in UTF-8", where=str(file)) from error
    try:
        plain = msgspec.json.decode(text) if file.suffix == ".json" else strict_yaml.load(text)
        graph = msgspec.convert(plain, Graph)
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise InputError(f"this is no graph: {error}", expected="an object with nodes", where=str(file)) from error
    check(graph, where=str(file))
    return graph


def write_graph(graph: Graph) -> str:
    """A graph as YAML, with what goes without saying left out."""
    text: str = yaml.safe_dump(_short(msgspec.to_builtins(graph), graph), sort_keys=False, allow_unicode=True)
    return text


def _short(plain: dict[str, object], graph: Graph) -> dict[str, object]:
    found = {name: value for name, value in plain.items() if value not in ("", (), [])}
    usual = msgspec.to_builtins(Node())
    nodes: dict[str, object] = {}
    for name, node in graph.nodes.items():
        told = msgspec.to_builtins(node)
        kept = {key: value for key, value in told.items() if value != usual[key]}
        if node.graph is not None:
            kept["graph"] = _short(told["graph"], node.graph)
        nodes[name] = kept
    return {**found, "nodes": nodes}
