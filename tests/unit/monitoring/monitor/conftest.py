"""A model with a small log that a test writes, and what watches it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.monitoring.monitor.worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
