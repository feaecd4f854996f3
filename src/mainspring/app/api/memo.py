"""What was made before is not made again while what it was made of stays the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Keeps the values that were asked for last. Safe for threads.

    Args:
        most: How many values are kept.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """The value of a key; made anew if its stamp is another one than before.

        Example:
            >>> memo = Memo()
            >>> memo.get("a", 1, lambda: "first"), memo.get("a", 1, lambda: "again")
            ('first', 'first')
            >>> memo.get("a", 2, lambda: "new")
            'new'
        """
        with self._guard:
            found = self._kept.get(key)
            if found is not None and found[0] == stamp:
                self._kept.move_to_end(key)
                return cast("T", found[1])
        made = make()
        with self._guard:
            self._kept[key] = (stamp, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
