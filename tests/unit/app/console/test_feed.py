"""Live updates: what is told, when, and to whom; and the stamps that pages take along."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from html import unescape

import pytest

from mainspring.app.api.feed import Feed
from mainspring.app.web.following import Following


class World:
    """Topics whose state a test sets."""

    def __init__(self) -> None:
        self.states = {"runs": 0, "data": 0}
        self.let = threading.Event()
        self.let.set()

    def feed(self, pause: float = 0.01) -> Feed:
        topics = {name: lambda shared, rest, name=name: self.states[name] for name in self.states}
        return Feed(None, {**topics, "slow": self.slow}, pause=pause)

    def slow(self, shared, rest) -> int:
        self.let.wait(20)
        return 1


@pytest.fixture
def world():
    made = World()
    yield made
    made.let.set()


def told_first(feed, wanted, seen=None, *, seconds=0.3):
    """The first topic that is told; nothing, if there is none within some time."""

    async def listen():
        heard = feed.listen(wanted, still=lambda: True, seen=seen)
        await anext(heard)
        try:
            return await asyncio.wait_for(anext(heard), seconds)
        except TimeoutError:
            return ""

    return asyncio.run(listen())


def test_what_changed_between_the_making_of_a_page_and_its_listening_is_told(world):
    feed = world.feed(pause=60)
    seen = feed.seen(["runs", "data"], seconds=5)
    world.states["runs"] += 1
    assert told_first(feed, ["data", "runs"], seen) == "event: changed\ndata: runs\n\n"


def test_what_is_as_it_was_is_not_told(world):
    feed = world.feed(pause=60)
    assert told_first(feed, ["runs"], feed.seen(["runs"], seconds=5)) == ""


def test_who_has_no_stamp_is_told_at_once_and_who_asks_for_none_is_not(world):
    assert "data: runs" in told_first(world.feed(pause=60), ["runs"], {"runs": ""})
    assert told_first(world.feed(pause=60), ["runs"]) == ""


def test_after_a_restart_everything_counts_as_changed(world):
    seen = world.feed().seen(["runs"], seconds=5)
    assert "data: runs" in told_first(world.feed(pause=60), ["runs"], seen)


def test_a_second_listener_hears_what_the_first_one_knows_already(world):
    async def listen():
        feed = world.feed(pause=60)
        seen = feed.seen(["runs"], seconds=5)
        world.states["runs"] += 1
        first = feed.listen(["runs"], still=lambda: True, seen=feed.seen(["runs"], seconds=5))
        await anext(first)
        await asyncio.sleep(0.05)
        second = feed.listen(["runs"], still=lambda: True, seen=seen)
        return [await anext(second), await asyncio.wait_for(anext(second), 5)]

    assert "data: runs" in asyncio.run(listen())[1]


def test_a_topic_that_hangs_keeps_no_other_and_no_page(world):
    world.let.clear()
    feed = world.feed()

    async def listen():
        heard = feed.listen(["slow", "runs"], still=lambda: True)
        await anext(heard)
        await asyncio.sleep(0.05)
        world.states["runs"] += 1
        told = await asyncio.wait_for(anext(heard), 5)
        world.let.set()
        return told

    assert set(feed.seen(["slow", "runs", "nothing:of-that-name"], seconds=0.1)) == {"runs"}
    assert "data: runs" in asyncio.run(listen())


def test_who_comes_while_the_console_stops_does_not_keep_it(world):
    feed = world.feed()
    assert told_first(feed, ["runs"]) == ""
    feed.close()

    async def listen():
        return [one async for one in feed.listen(["runs"], still=lambda: True)]

    assert asyncio.run(listen()) == ["retry: 2000\n\n"]


def stamps_in(html: str) -> dict[str, str]:
    return json.loads(unescape(re.search(r"name=\"mainspring-seen\" content='([^']*)'", html)[1]))


def test_a_page_takes_along_the_stamps_of_all_that_its_parts_follow(using):
    used = using()
    assert stamps_in(used.page("/")) == {}
    live = re.findall(r'data-live="([^"]*)"', first := used.page("/"))
    assert set(stamps_in(first)) == {topic for one in live for topic in one.split()} != set()


def test_of_very_many_pages_the_latest_are_known():
    asked = []
    following = Following(lambda topics: asked.append(topics) or {})
    for number in range(3000):
        following.learn(f"/runs/{number}", b'<div data-live="run:a&amp;b  runs">')
    following.before("/runs/0")
    following.before("/runs/2999")
    assert asked == [["run:a&b", "runs"]]
