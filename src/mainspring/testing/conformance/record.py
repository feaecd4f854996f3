"""The suite of :class:`mainspring.store.ports.MetadataStore`."""

from __future__ import annotations

import pytest

from mainspring.store.ports import MetadataStore
from mainspring.testing.conformance.finding import FindingSuite
from mainspring.testing.conformance.life import LifeSuite
from mainspring.testing.conformance.lineage import LineageSuite
from mainspring.testing.conformance.publishing import PublishingSuite
from mainspring.testing.conformance.types import TypesSuite


class RecordSuite(TypesSuite, PublishingSuite, FindingSuite, LineageSuite, LifeSuite):
    """All promises of a record."""

    @pytest.fixture
    def store(self) -> MetadataStore:
        """A fresh, empty record: to be given by the test class."""
        raise NotImplementedError("override the fixture `store`")
