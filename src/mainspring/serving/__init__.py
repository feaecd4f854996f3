"""The use: loaded models, a prediction server that logs, infra validation, and pushing with a way back.

``python -m mainspring.serving`` serves packages; :class:`ServerProcess` starts it from Python; :class:`Client`
asks it, and :class:`RpcClient` over gRPC. :class:`ExplainerProcess` explains beside it what it answers.
:class:`PredictionLog` keeps every request, :func:`read_log` reads them, and :func:`join_feedback` puts beside them
what became known later. :func:`validate` proves that a served package answers as it was trained, and
:class:`Deployment` holds what was pushed.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.serving.bulk import predict_table
    from mainspring.serving.client import Client, predict, ready
    from mainspring.serving.feedback import Feedback
    from mainspring.serving.feedback import join as join_feedback
    from mainspring.serving.feedback import read as read_feedback
    from mainspring.serving.graphs.building import ensemble, sequence, splitter, switch
    from mainspring.serving.graphs.files import read_graph
    from mainspring.serving.graphs.graph import Graph, Node
    from mainspring.serving.infra_validator import validate
    from mainspring.serving.payloads import LogRecord, PredictionLog
    from mainspring.serving.payloads import erase as erase_log
    from mainspring.serving.payloads import read as read_log
    from mainspring.serving.payloads import table as log_table
    from mainspring.serving.prediction import Prediction
    from mainspring.serving.predictor import Predictor
    from mainspring.serving.push import Deployment, Pushed
    from mainspring.serving.remote import RemotePredictor
    from mainspring.serving.repository import PackageAt
    from mainspring.serving.rpc.client import RpcClient
    from mainspring.serving.server import serve
    from mainspring.serving.server_process import ExplainerProcess, ServerProcess

# Imported on first use: a client needs none of what a server needs.
_EXPORTS = {
    "Client": "client:Client",
    "Deployment": "push:Deployment",
    "ExplainerProcess": "server_process:ExplainerProcess",
    "Feedback": "feedback:Feedback",
    "Graph": "graphs.graph:Graph",
    "LogRecord": "payloads:LogRecord",
    "Node": "graphs.graph:Node",
    "PackageAt": "repository:PackageAt",
    "Prediction": "prediction:Prediction",
    "PredictionLog": "payloads:PredictionLog",
    "Predictor": "predictor:Predictor",
    "Pushed": "push:Pushed",
    "RemotePredictor": "remote:RemotePredictor",
    "RpcClient": "rpc.client:RpcClient",
    "ServerProcess": "server_process:ServerProcess",
    "ensemble": "graphs.building:ensemble",
    "erase_log": "payloads:erase",
    "join_feedback": "feedback:join",
    "log_table": "payloads:table",
    "predict": "client:predict",
    "predict_table": "bulk:predict_table",
    "read_feedback": "feedback:read",
    "read_graph": "graphs.files:read_graph",
    "read_log": "payloads:read",
    "ready": "client:ready",
    "sequence": "graphs.building:sequence",
    "serve": "server:serve",
    "splitter": "graphs.building:splitter",
    "switch": "graphs.building:switch",
    "validate": "infra_validator:validate",
}

__all__ = [
    "Client",
    "Deployment",
    "ExplainerProcess",
    "Feedback",
    "Graph",
    "LogRecord",
    "Node",
    "PackageAt",
    "Prediction",
    "PredictionLog",
    "Predictor",
    "Pushed",
    "RemotePredictor",
    "RpcClient",
    "ServerProcess",
    "ensemble",
    "erase_log",
    "join_feedback",
    "log_table",
    "predict",
    "predict_table",
    "read_feedback",
    "read_graph",
    "read_log",
    "ready",
    "sequence",
    "serve",
    "splitter",
    "switch",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
