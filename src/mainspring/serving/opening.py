"""Opens whatever is served under a name and a version."""

from __future__ import annotations

from mainspring.core.errors import InputError
from mainspring.models.package import Package
from mainspring.serving.configuration import cores
from mainspring.serving.flagging import judge_of
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.ports import Members
from mainspring.serving.model_files import model_file
from mainspring.serving.ports import Answering
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.served import Served
from mainspring.serving.threads import tune_package


class ServerMembers:
    """The models of a server, for its graphs; see :class:`mainspring.serving.graphs.ports.Members`.

    Attributes:
        repository: What is served; set once it is there.
    """

    def __init__(self, repository: Repository | None = None) -> None:
        self.repository = repository

    def find(self, name: str, version: str = "", label: str = "") -> Served | None:
        """What answers for a model; ``None`` if it is loaded when somebody asks for it.

        Raises:
            NotFoundError: If it is not served here.
            LoadingError: If it is being loaded, or cannot answer at the moment.
        """
        return self._there().find(name, version, label)

    async def demand(self, name: str, version: str = "", label: str = "") -> Served:
        """The same, loaded now.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        return await self._there().demand(name, version, label)

    def is_managed(self, name: str) -> bool:
        """Whether a model has limits of its own, or a rollout that chooses among its versions."""
        options = self._there().options(name)
        return options.limits is not None or options.rollout is not None

    def _there(self) -> Repository:
        if self.repository is None:
            raise LookupError("there is no repository yet")
        return self.repository


def open_model(at: PackageAt, options: ModelOptions, *, members: Members | None = None) -> Answering:
    """Load a model and warm it up: it has answered when this returns.

    Args:
        at: Where it lies.
        options: How it is served.
        members: The models of the server, for a graph of them.

    Raises:
        MainspringError: If it cannot be loaded, or does not answer its own example.
    """
    file = None if options.graph is not None or options.component is not None else model_file(at.folder)
    if options.outliers is not None and (options.graph or options.component or file):
        raise InputError(
            "the options of a model say outliers, and it is served without a package",
            expected="a package, which knows what its model was trained on",
            where=at.name,
            fix="leave outliers out, or put a detector of outliers into a graph with it",
        )
    if options.graph is not None:
        return _open_graph(at, options, options.graph, members)
    if options.component is not None:
        # Imported here: most servers have no such model.
        from mainspring.serving.components.opening import open_component

        return open_component(options.component, name=at.name, version=at.version)
    if file is not None:
        from mainspring.serving.bare_files import open_file

        return open_file(file, name=at.name, version=at.version, threads=options.threads, trust=options.trust)
    package = Package.load(at.folder)
    threads = tune_package(package, most=cores()).threads if options.threads == "auto" else options.threads
    judge = None if options.outliers is None else judge_of(package, options.outliers)
    predictor = Predictor(package, name=at.name, version=at.version, threads=threads, outliers=judge)
    predictor.warm(package.input_example)
    return predictor


def _open_graph(at: PackageAt, options: ModelOptions, graph: Graph, members: Members | None) -> Answering:
    from mainspring.serving.graphs.model import GraphModel

    if members is None:
        raise InputError("a graph needs a server for its models", where=at.name)
    if options.cache is not None or options.batching is not None:
        said = "cache" if options.cache is not None else "batching"
        raise InputError(
            f"the options of a graph say {said}",
            expected=f"{said} among the options of its models",
            where=at.name,
            fix=f"move {said} to the models that it shall hold for",
        )
    return GraphModel(graph, members, name=at.name, version=at.version)
