"""Fuzzing: whether a model, or a server, answers or refuses whatever it is sent, and never falls over."""

from mainspring.evaluation.robustness.fuzzing.model import fuzz_model
from mainspring.evaluation.robustness.fuzzing.report import Failure, Fuzzing
from mainspring.evaluation.robustness.fuzzing.server import fuzz_server

__all__ = ["Failure", "Fuzzing", "fuzz_model", "fuzz_server"]
