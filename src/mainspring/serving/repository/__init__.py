"""The models of a server: where they lie, which versions are loaded, and how that changes under traffic."""

from mainspring.serving.repository.change import Arrangement, Change
from mainspring.serving.repository.options import ModelOptions, RepositoryOptions
from mainspring.serving.repository.repository import Repository
from mainspring.serving.repository.sources import Folder, Given, PackageAt, Source
from mainspring.serving.repository.states import State, VersionState
from mainspring.serving.repository.versions import VersionPolicy

__all__ = [
    "Arrangement",
    "Change",
    "Folder",
    "Given",
    "ModelOptions",
    "PackageAt",
    "Repository",
    "RepositoryOptions",
    "Source",
    "State",
    "VersionPolicy",
    "VersionState",
]
