"""For tests of your own: stores in memory, and the suites that every adapter of a port must pass.

.. code-block:: python

    # tests/test_my_store.py
    import pytest
    from mainspring.testing.conformance import QueueSuite, RecordSuite

    class TestMyStore(RecordSuite, QueueSuite):
        @pytest.fixture
        def store(self, tmp_path):
            opened = my_package.open_store(f"my://{tmp_path}")
            yield opened
            opened.close()

:mod:`mainspring.testing.conformance` needs pytest; nothing else here does.
"""

from mainspring.store.adapters.memory import MemoryBlobs, MemoryStore

__all__ = ["MemoryBlobs", "MemoryStore"]
