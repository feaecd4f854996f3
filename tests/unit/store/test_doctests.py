"""The examples in the docstrings of the room are true."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["shapes", "messages", "query.tokens", "adapters.sql.database"])
def test_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"mainspring.store.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
