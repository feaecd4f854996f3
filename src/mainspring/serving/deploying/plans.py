"""What a server is told of the deployments of a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.revision import Revision
from mainspring.serving.orders import Load, Told


class Plans:
    """Worked out once per revision. For one thread.

    Args:
        deployments: Where revisions are kept, and what finds their packages.
    """

    def __init__(self, deployments: Deployments) -> None:
        self._deployments = deployments
        self._known: dict[tuple[int, str], Mapping[str, Load]] = {}

    def of(self, revision: Revision, name: str) -> Mapping[str, Load]:
        """What a server is told of one deployment, by model.

        Raises:
            MainspringError: If a package cannot be brought.
        """
        key = (revision.number, name)
        if key not in self._known:
            file = revision.files[name]
            declaration = self._deployments.read(file).declaration
            self._known[key] = self._deployments.resolver.loads(
                declaration, revision.pins.get(name, {}), Path(file.folder)
            )
        return self._known[key]

    def keep(self, numbers: Sequence[int]) -> None:
        """Forget those of other revisions."""
        self._known = {key: plan for key, plan in self._known.items() if key[0] in numbers}


def is_served(load: Load, survey: Sequence[Mapping[str, Told]]) -> bool:
    """Whether every process of a server serves a model as it was told."""
    wanted = {one.version for one in load.packages}
    for models in survey:
        told = models.get(load.name)
        if told is None or told.packages != load.packages or not wanted <= set(told.versions):
            return False
        if told.config != load.config:
            return False
    return True


def is_graph(load: Load) -> bool:
    """Whether a model is made of others, which have to be there first."""
    return '"graph":{' in load.config
