"""What bandits have learned, on disk and in shared memory.

:class:`SharedState` is what all processes of a server learn and know together.
"""

from __future__ import annotations

from mainspring.serving.rollout.state.entries import Told
from mainspring.serving.rollout.state.shared import Learned, SharedState

__all__ = ["Learned", "SharedState", "Told"]
