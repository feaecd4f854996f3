import msgspec
import pytest

from mainspring.serving.batching import BatchOptions, QueuePolicy


def test_options_come_from_a_file() -> None:
    text = b"""{"max_batch_size": 8, "allowed_sizes": [2, 8], "priority_levels": 2,
        "queue": {"max_queue_size": 5, "timeout_action": "DELAY"}, "queue_by_level": {"1": {}}}"""
    options = msgspec.json.decode(text, type=BatchOptions)
    assert options.allowed_sizes == (2, 8)
    assert options.policy(2) == QueuePolicy(max_queue_size=5, timeout_action="DELAY")
    assert options.policy(1) == QueuePolicy()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"max_batch": 8}', "unknown field"),
        ('{"max_batch_size": 0}', ">= 1"),
        ('{"max_wait": -1}', ">= 0"),
        ('{"queue": {"timeout_action": "WAIT"}}', "queue.timeout_action"),
        ('{"preferred_sizes": [64]}', "preferred_sizes are at most max_batch_size, 32"),
        ('{"allowed_sizes": [8, 4], "default_priority": 2}', "allowed_sizes grow.*; default_priority is a level"),
        ('{"allowed_sizes": [4, 8]}', "end with max_batch_size, 32"),
        ('{"queue_by_level": {"2": {}}}', "queue_by_level names levels, from 1 to 1"),
    ],
)
def test_wrong_options_are_told_with_their_place(text: str, problem: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=problem):
        msgspec.json.decode(text, type=BatchOptions)


@pytest.mark.parametrize(("asked", "default", "level"), [(1, 0, 1), (3, 0, 3), (0, 0, 3), (4, 0, 3), (0, 2, 2)])
def test_levels(asked: int, default: int, level: int) -> None:
    assert BatchOptions(priority_levels=3, default_priority=default).level(asked) == level
