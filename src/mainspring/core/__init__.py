"""The words that every room shares: records, verdicts, slices, errors, digests, the clock and the plugin door.

Nothing here knows how anything is stored, run or served. A word enters only when two rooms need it.
"""

from mainspring.core.artifacts import Storable
from mainspring.core.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    MainspringError,
    NotFoundError,
    StateError,
    StepError,
    UnavailableError,
)
from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Context,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    Link,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.core.slices import Slice
from mainspring.core.verdicts import Reason, Verdict

__all__ = [
    "Artifact",
    "ArtifactState",
    "ConflictError",
    "Context",
    "Direction",
    "Execution",
    "ExecutionState",
    "InputError",
    "IntegrityError",
    "Kind",
    "Link",
    "LinkKind",
    "MainspringError",
    "NodeType",
    "NotFoundError",
    "PropertyType",
    "Reason",
    "Slice",
    "StateError",
    "StepError",
    "Storable",
    "UnavailableError",
    "Verdict",
]
