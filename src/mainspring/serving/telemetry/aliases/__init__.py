"""The same figures under the names that other servers give them, for dashboards and alerts that exist."""

from collections.abc import Iterable, Mapping

from mainspring.serving.telemetry.aliases.kserve import kserve
from mainspring.serving.telemetry.aliases.mlserver import mlserver
from mainspring.serving.telemetry.aliases.seldon import seldon
from mainspring.serving.telemetry.aliases.tfserving import tfserving
from mainspring.serving.telemetry.aliases.triton import triton
from mainspring.serving.telemetry.options import Alias
from mainspring.serving.telemetry.registry import View

__all__ = ["VIEWS", "views"]

VIEWS: Mapping[Alias, View] = {
    "kserve": kserve,
    "mlserver": mlserver,
    "seldon": seldon,
    "tfserving": tfserving,
    "triton": triton,
}


def views(names: Iterable[Alias]) -> list[View]:
    """The views of these servers."""
    return [VIEWS[name] for name in dict.fromkeys(names)]
