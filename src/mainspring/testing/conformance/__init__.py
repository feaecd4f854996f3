"""What every adapter of a port must do, as pytest classes to inherit from.

A suite asks for one fixture, ``store`` (or ``blobs``), which gives a fresh and empty one for each test. For
readable failures put ``pytest.register_assert_rewrite("mainspring.testing.conformance")`` into your
``conftest.py``, before the import.
"""

from mainspring.testing.conformance.blobs import BlobSuite
from mainspring.testing.conformance.generators import GeneratorSuite
from mainspring.testing.conformance.queue import QueueSuite
from mainspring.testing.conformance.readers import FilesSuite, ReaderSuite
from mainspring.testing.conformance.record import RecordSuite
from mainspring.testing.conformance.trainers import TrainerSuite

__all__ = [
    "BlobSuite",
    "FilesSuite",
    "GeneratorSuite",
    "QueueSuite",
    "ReaderSuite",
    "RecordSuite",
    "TrainerSuite",
]
