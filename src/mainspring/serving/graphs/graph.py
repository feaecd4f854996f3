"""The declaration of a graph: the same in Python and in YAML.

A graph is read from its end: the node that ``answers`` asks the nodes that it reads, and these theirs. What nobody
asks is not run. A router asks only the branch that it chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from mainspring.core.errors import InputError
from mainspring.serving.rollout.options import Bandit

REQUEST = "request"
"""In ``reads``: what was asked of the graph."""

Name = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_-]*$")]

Reads: TypeAlias = str | tuple[str, ...] | Mapping[str, str]
"""What goes into a node: all outputs of a node (``"clean"``), those of several (``["clean", "request"]``), or
single ones by the name of the input that they become (``{"text": "clean.output", "age": "request.age"}``).

Outputs become the inputs of their names; where two have the same, the first that is listed is taken. One output
becomes the one input of a node whatever they are called. Of the request a node gets the inputs that it asks for.
"""

Method = Literal["predict", "transform_input", "transform_output", "route", "aggregate"]
"""What is asked of a model: of a package or a file ``predict``; of a class any of them."""

Combining = Literal["average", "vote", "first", "merge"]
"""How the answers of several nodes become one: the mean of the numbers that all of them answer, weighted if there
are weights, and of classifiers the class of the highest mean; what most say, and of several with as many votes
what was said first; the first that is there; all of them side by side, their outputs named ``node.output``."""


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way out of a switch.

    Attributes:
        to: The branch.
        when: The condition on the columns that the switch reads, such as ``amount > 1000 and country == "CH"``;
            empty for whatever no other case is for.
    """

    to: Name
    when: str = ""


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One node. It has one of ``model``, ``url``, ``graph``, ``combine``, ``split``, ``switch`` and ``bandit``.

    Attributes:
        model: A model of this server: ``name``, ``name:version`` or ``name@label``.
        method: What is asked of it.
        url: A model of another server, ``http://host:port/v2/models/name``, asked in the Open Inference Protocol.
        graph: A graph in this graph.
        combine: How the answers that it reads become one. All ways but ``merge`` go on with those that are there.
        weights: With ``average`` and ``vote``, how much each of them counts.
        split: Branches and how many requests of a hundred (or of their sum) go to each, by chance.
        switch: Branches and their conditions on what the node reads, by default the request: the first that holds
            is taken. Rows of one request may go different ways. Where none holds, the answer is an error, 404.
        bandit: A policy that learns which branch is best; its arms are the branches.
        branches: With ``method: route``, the nodes that the class chooses from, in the order of their numbers. If
            it says -1, all of them answer, and its ``aggregate`` makes one answer of theirs; if it says -2, none
            does, and what the node reads is its answer.
        reads: What goes into it; by default what was asked.
        when: It is run only if this holds for what it reads, by the names under which it reads it; else it has no
            answer, and neither have those that read it, but for combiners and soft nodes that do without. Rows of
            one request may go different ways.
        after: Nodes that are run before it though it reads nothing of them.
        soft: Whether the graph goes on without its answer if it fails or is late.
        timeout: Seconds within which it must answer, from when all that it reads is there.
    """

    model: str = ""
    method: Method = "predict"
    url: str = ""
    graph: Graph | None = None
    combine: Combining | None = None
    weights: tuple[float, ...] = ()
    split: Mapping[Name, Annotated[float, Meta(ge=0)]] | None = None
    switch: tuple[Case, ...] = ()
    bandit: Bandit | None = None
    branches: tuple[Name, ...] = ()
    reads: Reads = REQUEST
    when: str = ""
    after: tuple[Name, ...] = ()
    soft: bool = False
    timeout: Annotated[float, Meta(gt=0)] | None = None


class Graph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes that answer together.

    Attributes:
        nodes: By name.
        answers: The node whose answer is the graph's; by default the last.
        also: Nodes that are run besides, such as detectors of outliers: what they say goes into the tags of the
            answer, as ``node.output``.
    """

    nodes: Mapping[Name, Node]
    answers: str = ""
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.nodes:
            raise InputError("the graph has no nodes", expected="at least one, such as classify: {model: spam}")
