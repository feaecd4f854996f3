"""Decisions of a router with the rewards that are known of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mainspring.serving.decision import Decision
from mainspring.serving.feedback import Feedback, FeedbackLog
from mainspring.serving.feedback import read as read_feedback
from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.reading import read
from mainspring.serving.rollout.off_policy import joined


def record(name: str, arm: str, moment: float = 0.0, **more: Any) -> LogRecord:
    decision = Decision(router="taxi", arm=arm, propensity=0.4, policy="thompson")
    values = {"columns": {"x": [1.0, 2.0]}, "outputs": {"label": ["a", "b"]}, "decisions": (decision,), **more}
    return LogRecord(id=name, time=moment, model="taxi", version="1", **values)


def reward(name: str, value: Any, moment: float = 0.0, **more: Any) -> Feedback:
    return Feedback(id=name, key=more.pop("key", "reward"), value=value, time=moment, **more)


def test_rewards_meet_their_decisions(tmp_path: Path) -> None:
    forced = Decision(router="taxi", arm="b", policy="forced")
    with PredictionLog(tmp_path) as log:
        log.write(record("late", "b", 5.0, share=0.5))
        log.write(record("first", "a", 1.0))
        log.write(record("silent", "a"))
        log.write(record("forced", "b", decisions=(forced,)))
        log.write(record("elsewhere", "b", decisions=(Decision(router="g/r", arm="b"),)))
        log.write(record("erased", "a", 6.0, erased=(0,)))
    with FeedbackLog(tmp_path / "feedback") as feedback:
        for one in (
            reward("late", 2.0, 9.0, row=1),
            reward("late", 1.0, 8.0, row=1),  # known earlier
            reward("late", -1, 1.0),  # of all rows: of row 0, as more is known of row 1
            reward("first", True, row=0),
            reward("first", 7.0, key="clicks"),
            reward("first", "much", row=1),
            reward("silent", 1.0, key="clicks"),
            reward("forced", 1.0),
            reward("erased", 3.0),
            reward("nobody", 1.0),
        ):
            feedback.write(one)
    found = joined(read(tmp_path), read_feedback(tmp_path), "taxi")
    assert [(one.id, one.arm, one.row["x"], one.reward, one.weight) for one in found.rows] == [
        ("first", "a", 1.0, 1.0, 1.0),
        ("late", "b", 1.0, -1.0, 2.0),
        ("late", "b", 2.0, 2.0, 2.0),
        ("erased", "a", 2.0, 3.0, 1.0),
    ]
    assert {one.propensity for one in found.rows} == {0.4}
    assert found.left_out == {"no reward": 1, "forced": 1}
    clicks = joined(read(tmp_path), read_feedback(tmp_path), "taxi", key="clicks")
    assert [one.reward for one in clicks.rows] == [1.0, 1.0, 7.0, 7.0]


def test_a_node_of_a_graph_is_a_router_too() -> None:
    decision = Decision(router="shop/choose", arm="b", propensity=0.5)
    found = joined([record("1", "b", decisions=(decision,))], [reward("1", 1.0)], "shop/choose")
    assert [one.arm for one in found.rows] == ["b", "b"]
