"""Graphs made of what a project has recorded: the steps of a run as the nodes of a graph."""

from __future__ import annotations

from mainspring.app.graphs.picking import Picked, Wanted, pick
from mainspring.app.graphs.proving import Proof, prove
from mainspring.app.graphs.writing import CONFIG, write

__all__ = ["CONFIG", "Picked", "Proof", "Wanted", "pick", "prove", "write"]
