"""What can be said of a model that is served, and of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from mainspring.core.errors import InputError
from mainspring.serving.batching.options import BatchOptions
from mainspring.serving.caching.options import ModelCacheOptions
from mainspring.serving.components.options import Component
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.limits.options import ModelLimits
from mainspring.serving.outliers.options import OutlierOptions
from mainspring.serving.repository.versions import VersionPolicy
from mainspring.serving.rollout.options import Rollout

Mode = Literal["none", "explicit", "poll"]


class ModelOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one model is served.

    Attributes:
        package: The folder of a package, of a deployment, or a file; empty for a model of the repository.
        component: A class that is served instead of a package.
        trust: Whether code in a file that is served as it is may run, such as that of a pickle.
        version: Its version, for a ``package``; by default what a deployment says, else ``"1"``.
        versions: Which versions of the repository are served.
        labels: Labels by the version that they stand for; a label moves only to a loaded version.
        threads: Threads per call of the model; ``auto`` measures how many pay.
        timeout: Seconds within which a request must be answered.
        keep_old: While a version is replaced, keep the old one until the new one answers. ``False`` frees its
            memory first, and answers nothing in between.
        retries: How often loading is tried again after it failed.
        batching: How the rows of several requests are computed together; by default each is computed alone.
        cache: How answers are remembered; by default none is.
        limits: How much it takes on.
        graph: Nodes that answer together; served instead of a package.
        explainer_url: The service that explains its answers; by default the server's.
        rollout: Which of its versions answers those who ask for none.
        outliers: How rows are told apart that are unlike those that the model was trained on; by default no row
            is looked at.
    """

    SET_AT_START: ClassVar[frozenset[str]] = frozenset(
        {"package", "component", "trust", "version", "explainer_url"}
    )
    """What only whoever starts the server may say: it names places there, and code that runs."""

    package: str = ""
    component: Component | None = None
    trust: bool = False
    version: str = ""
    versions: VersionPolicy = VersionPolicy(latest=1)
    labels: Mapping[Annotated[str, Meta(pattern="^[a-zA-Z0-9_]+$")], str] = {}
    threads: Annotated[int, Meta(ge=1)] | Literal["auto"] = 1
    timeout: Annotated[float, Meta(gt=0)] | None = None
    keep_old: bool = True
    retries: Annotated[int, Meta(ge=0)] = 0
    batching: BatchOptions | None = None
    cache: ModelCacheOptions | None = None
    limits: ModelLimits | None = None
    graph: Graph | None = None
    explainer_url: str = ""
    rollout: Rollout | None = None
    outliers: OutlierOptions | None = None

    def __post_init__(self) -> None:
        given = {"package": bool(self.package), "component": self.component, "graph": self.graph}
        named = [name for name, one in given.items() if one]
        if len(named) > 1:
            raise InputError(
                f"the options of a model say {' and '.join(named)}",
                expected="one of package, component and graph: what is served under the name",
                fix=f"leave out {' or '.join(named)}; two models need two names",
            )


class RepositoryOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where models lie and when they are loaded.

    Attributes:
        folder: A folder with one folder per model, which holds a package, packages by version, or a deployment.
        mode: ``none`` loads everything at the start and takes no orders; ``explicit`` loads what is asked for;
            ``poll`` follows the folder.
        poll_seconds: How often it looks.
        on_demand: Load a model when it is asked for first, and let go of those not used lately.
        max_models: The most versions loaded at a time, with ``on_demand``.
        max_memory: The most bytes of models loaded at a time, with ``on_demand``.
    """

    folder: str = ""
    mode: Mode = "explicit"
    poll_seconds: Annotated[float, Meta(gt=0)] = 5.0
    on_demand: bool = False
    max_models: Annotated[int, Meta(ge=1)] | None = None
    max_memory: Annotated[int, Meta(ge=1)] | None = None
