from typing import Any

import pytest

from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.retraining import TOPIC, request_retraining
from mainspring.store.adapters.memory import open_store


@pytest.fixture
def queue() -> Any:
    return open_store("memory:")


def drifted(count: int = 1) -> Verdict:
    reasons = [
        Reason(
            ok=False, code="DRIFT", message=f"column 'c{number}' has drifted", subject=f"c{number}", observed=0.3
        )
        for number in range(count)
    ]
    return Verdict.of("drift", [Reason(ok=True, code="NO_DRIFT", message="fine"), *reasons])


def test_a_verdict_that_is_not_ok_becomes_a_row(queue: Any) -> None:
    row = request_retraining(
        queue, drifted(), model="taxi", parameters={"span": 2}, details={"window": "today"}, clock=lambda: 5.0
    )
    message = queue.claim([TOPIC], worker="w", seconds=60)
    assert message.id == row
    assert message.body["model"] == "taxi"
    assert message.body["reason"] == "drift of taxi: column 'c0' has drifted"
    [reason] = message.body["reasons"]
    assert (reason["code"], reason["subject"], reason["observed"]) == ("DRIFT", "c0", 0.3)
    assert message.body["parameters"] == {"span": 2}
    assert (message.body["details"], message.body["at"]) == ({"window": "today"}, 5.0)


def test_a_good_verdict_asks_for_nothing(queue: Any) -> None:
    verdict = Verdict.of("drift", [Reason(ok=True, code="NO_DRIFT", message="fine")])
    assert request_retraining(queue, verdict, model="taxi") is None
    assert queue.depth(TOPIC) == 0


def test_one_wish_per_model_waits(queue: Any) -> None:
    assert request_retraining(queue, drifted(), model="taxi") is not None
    assert request_retraining(queue, drifted(), model="taxi") is None
    assert request_retraining(queue, drifted(), model="income") is not None
    assert queue.depth(TOPIC) == 2
    queue.done(queue.claim([TOPIC], worker="w", seconds=60))
    assert request_retraining(queue, drifted(), model="taxi") is not None


def test_many_reasons_are_counted(queue: Any) -> None:
    request_retraining(queue, drifted(5), model="taxi")
    message = queue.claim([TOPIC], worker="w", seconds=60)
    assert message.body["reason"].endswith("'c2' has drifted; and 2 more")
    assert len(message.body["reasons"]) == 5
