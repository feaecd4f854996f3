"""What pages follow: the topics that their parts name, and the stamps of these from before a page was made."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Final

_LIVE: Final = re.compile(r'data-live="([^"]*)"')
_MOST: Final = 2000


class Following:
    """Learns what pages follow from their parts. Safe for threads.

    A page is made of what there was a moment ago, and listens a moment later. So it takes along the stamps that
    its topics had before it was made, and hears at once of what has changed since. Of a page that was never made
    before the topics are not known in advance: it looks once more as soon as it listens.

    Args:
        seen: Gives the stamps of topics.
    """

    def __init__(self, seen: Callable[[Sequence[str]], Mapping[str, str]]) -> None:
        self._seen = seen
        self._guard = threading.Lock()
        self._topics: OrderedDict[str, Sequence[str]] = OrderedDict()

    def before(self, path: str) -> Mapping[str, str]:
        """The stamps of what a page follows, as they are now: to be asked for before it is made."""
        with self._guard:
            topics = self._topics.get(path, ())
        return self._seen(topics) if topics else {}

    def learn(self, path: str, page: bytes | memoryview) -> None:
        """Note what a page follows."""
        live = _LIVE.findall(bytes(page).decode("utf-8"))
        topics = sorted({topic for one in live for topic in unescape(one).split()})
        with self._guard:
            self._topics[path] = topics
            self._topics.move_to_end(path)
            if len(self._topics) > _MOST:
                self._topics.popitem(last=False)
