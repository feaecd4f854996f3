"""The motion: steps, pipelines, and the engine that runs them and records all of it.

A step is a plain typed function with a decorator; a pipeline is a function that wires steps. The engine resolves
inputs from the record, looks in the cache, runs what is new, and writes down what happened.
"""

from mainspring.pipelines.arguments import File, Resource, RunStatus, resource
from mainspring.pipelines.building import at_exit, each, unless, when
from mainspring.pipelines.graph import Graph
from mainspring.pipelines.options import Isolation, Retry
from mainspring.pipelines.pipeline import Pipeline, pipeline
from mainspring.pipelines.series import log_metric
from mainspring.pipelines.steps import Step, step

__all__ = [
    "File",
    "Graph",
    "Isolation",
    "Pipeline",
    "Resource",
    "Retry",
    "RunStatus",
    "Step",
    "at_exit",
    "each",
    "log_metric",
    "pipeline",
    "resource",
    "step",
    "unless",
    "when",
]
