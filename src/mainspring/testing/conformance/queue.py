"""The suite of :class:`mainspring.store.ports.Queue`."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import threading
import time

import pytest

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.store.ports import Message, Queue


class QueueSuite:
    """All promises of a queue."""

    @pytest.fixture
    def store(self) -> Queue:
        """A fresh, empty queue: to be given by the test class."""
        raise NotImplementedError("override the fixture `store`")

    def test_a_message_is_put_claimed_and_done(self, store: Queue) -> None:
        number = store.put("run", {"pipeline": "taxi", "more": [1, {"a": None}]})
        assert number is not None
        message = claim(store, "run")
        assert (message.id, message.topic, message.attempts, message.max_attempts) == (number, "run", 1, 5)
        assert message.body == {"pipeline": "taxi", "more": [1, {"a": None}]}
        assert message.lease
        assert message.created_at == pytest.approx(time.time(), abs=10)
        assert store.claim(["run"], worker="two", seconds=60) is None
        assert store.depth() == 1
        store.done(message)
        assert store.depth() == 0
        assert store.claim(["run"], worker="one", seconds=60) is None

    def test_the_oldest_comes_first_over_all_topics_asked_for(self, store: Queue) -> None:
        for number, topic in enumerate(["a", "b", "c", "a", "b"]):
            store.put(topic, {"n": number})
            time.sleep(0.002)
        taken = [claim(store, "b", "a").body["n"] for _ in range(4)]
        assert taken == [0, 1, 3, 4]
        assert store.claim(["a", "b"], worker="one", seconds=60) is None
        assert store.claim([], worker="one", seconds=60) is None
        assert claim(store, "c").body == {"n": 2}

    def test_a_delayed_message_waits(self, store: Queue) -> None:
        store.put("run", {"n": 1}, delay=0.1)
        store.put("run", {"n": 2})
        assert claim(store, "run").body == {"n": 2}
        assert store.claim(["run"], worker="one", seconds=60) is None
        time.sleep(0.15)
        assert claim(store, "run").body == {"n": 1}

    def test_a_key_is_put_once_while_it_waits_or_runs(self, store: Queue) -> None:
        first = store.put("run", {}, key="nightly")
        assert first is not None
        assert store.put("run", {}, key="nightly") is None
        assert store.put("retrain", {}, key="nightly") is not None
        assert store.put("run", {}) is not None
        message = claim(store, "run")
        assert message.id == first
        assert store.put("run", {}, key="nightly") is None
        store.done(message)
        assert store.put("run", {}, key="nightly") is not None

    def test_a_lease_that_runs_out_gives_the_message_to_another(self, store: Queue) -> None:
        store.put("run", {})
        first = claim(store, "run", seconds=0.001)
        time.sleep(0.05)
        second = claim(store, "run")
        assert (second.id, second.attempts) == (first.id, 2)
        assert second.lease != first.lease
        for action in (
            store.done,
            lambda message: store.fail(message, "x"),
            lambda message: store.extend(message, 5),
        ):
            with pytest.raises(ConflictError, match="lost"):
                action(first)
        store.done(second)
        with pytest.raises(ConflictError, match="lost"):
            store.done(second)

    def test_a_lease_can_be_extended(self, store: Queue) -> None:
        store.put("run", {})
        message = claim(store, "run", seconds=0.05)
        store.extend(message, 60)
        time.sleep(0.1)
        assert store.claim(["run"], worker="two", seconds=60) is None
        store.done(message)

    def test_a_lease_that_nobody_took_over_can_still_be_kept(self, store: Queue) -> None:
        store.put("run", {})
        message = claim(store, "run", seconds=0.001)
        time.sleep(0.02)
        store.extend(message, 60)
        assert store.claim(["run"], worker="two", seconds=60) is None
        store.done(message)

    def test_a_failed_message_comes_back_later(self, store: Queue) -> None:
        store.put("run", {})
        store.fail(claim(store, "run"), "no luck", delay=0.05)
        assert store.claim(["run"], worker="one", seconds=60) is None
        time.sleep(0.1)
        again = claim(store, "run")
        assert (again.attempts, again.error) == (2, "no luck")
        before = time.time()
        store.fail(again, "again")
        assert store.claim(["run"], worker="one", seconds=60) is None
        assert store.depth("run") == 1
        assert time.time() - before < 2, "the delay of the second failure is 2 s, so nothing was claimed too early"

    def test_after_its_attempts_it_is_a_dead_letter(self, store: Queue) -> None:
        number = store.put("run", {"a": 1}, key="k", max_attempts=2)
        for _ in range(2):
            store.fail(claim(store, "run"), "broken\x00", delay=0)
        assert store.claim(["run"], worker="one", seconds=60) is None
        assert (store.depth(), store.depth("run")) == (0, 0)
        (dead,) = store.dead()
        assert (dead.id, dead.body, dead.attempts, dead.error, dead.lease) == (number, {"a": 1}, 2, "broken", None)
        assert store.dead("run") == [dead]
        assert store.dead("other") == []
        assert store.put("run", {}, key="k") is not None

    def test_a_message_that_kills_its_workers_is_a_dead_letter(self, store: Queue) -> None:
        store.put("run", {}, max_attempts=2)
        store.put("run", {"n": 2})
        for _ in range(2):
            claim(store, "run", seconds=0.001)
            time.sleep(0.02)
            # The other message waits longer by now, so it would come first: keep it busy.
            other = store.claim(["run"], worker="one", seconds=60)
            assert other is not None
            if other.body == {"n": 2}:
                break
            store.fail(other, "x", delay=0)
        deadline = time.monotonic() + 5
        while not store.dead() and time.monotonic() < deadline:
            time.sleep(0.02)
            store.claim(["run"], worker="one", seconds=0.001)
        (dead,) = store.dead()
        assert dead.body == {}
        assert "2 times" in (dead.error or "") or dead.error == "x"

    def test_a_dead_letter_is_revived(self, store: Queue) -> None:
        number = store.put("run", {"a": 1}, key="k", max_attempts=1)
        assert number is not None
        store.fail(claim(store, "run"), "broken", delay=0)
        store.revive(number)
        assert store.dead() == []
        assert store.put("run", {}, key="k") is None
        message = claim(store, "run")
        assert (message.id, message.attempts) == (number, 1)
        for wrong in (number, 999999):
            with pytest.raises(NotFoundError, match=str(wrong)):
                store.revive(wrong)

    def test_a_dead_letter_is_not_revived_beside_its_successor(self, store: Queue) -> None:
        number = store.put("run", {}, key="k", max_attempts=1)
        assert number is not None
        store.fail(claim(store, "run"), "broken", delay=0)
        store.put("run", {}, key="k")
        with pytest.raises(ConflictError, match="key"):
            store.revive(number)
        assert len(store.dead()) == 1

    def test_depth_counts_by_topic(self, store: Queue) -> None:
        for topic in ("a", "a", "b"):
            store.put(topic, {})
        claim(store, "a")
        assert (store.depth(), store.depth("a"), store.depth("b"), store.depth("c")) == (3, 2, 1, 0)

    def test_each_message_is_claimed_by_one_thread(self, store: Queue) -> None:
        for number in range(40):
            store.put("run", {"n": number})
        taken: list[object] = []

        def work() -> None:
            while (message := store.claim(["run"], worker="w", seconds=60)) is not None:
                taken.append(message.body["n"])
                store.done(message)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken, key=str) == sorted(range(40), key=str)
        assert store.depth() == 0

    def test_wrong_arguments(self, store: Queue) -> None:
        for wrong in ({"topic": ""}, {"key": ""}, {"delay": -1.0}, {"max_attempts": 0}, {"body": {"a": object()}}):
            with pytest.raises(InputError):
                store.put(**{"topic": "run", "body": {}, **wrong})  # type: ignore[arg-type] # wrong on purpose
        with pytest.raises(InputError, match="list"):
            store.claim("run", worker="one", seconds=60)
        with pytest.raises(InputError, match="positive"):
            store.claim(["run"], worker="one", seconds=0)
        with pytest.raises(InputError, match="not claimed"):
            store.done(Message(id=1, topic="run", body={}))
        assert store.depth() == 0


def claim(store: Queue, *topics: str, seconds: float = 60) -> Message:
    """Claim a message that must be there."""
    message = store.claim(topics, worker="one", seconds=seconds)
    assert message is not None
    return message
