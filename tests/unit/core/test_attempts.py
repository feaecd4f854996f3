"""Whatever others raise is kept, so that the rest goes on."""

from __future__ import annotations

import pytest

from mainspring.core.attempts import attempted


def test_what_it_gives_is_kept() -> None:
    assert attempted(lambda: [1]).result() == [1]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_what_it_raises_is_kept(error: BaseException) -> None:
    def fail() -> None:
        raise error

    found = attempted(fail)
    assert found.exception() is error
