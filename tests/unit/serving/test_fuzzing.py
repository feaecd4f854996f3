"""The server answers or refuses whatever it is sent, and goes on."""

from collections.abc import Callable

from mainspring.evaluation.robustness.fuzzing import fuzz_server
from mainspring.serving.server_process import ServerProcess

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


def test_nothing_that_is_sent_brings_it_down(started: Callable[..., ServerProcess]) -> None:
    server = started()
    found = fuzz_server(server.url, "taxi", row=ROW, timeout=2.0)
    assert found.failures == ()
    assert found.tried > 100
    assert found.answered > 5
    assert server.stop() == 0
