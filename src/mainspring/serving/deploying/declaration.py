"""The deployment file: what shall be served, in words. The same in Python and in YAML.

.. code-block:: yaml

    deployment: fares
    models:
      taxi:
        versions: {stable: taxi@production, next: taxi@candidate}
        batching: {max_rows: 64}
        rollout: {primary: stable, canary: {to: next}}
        thresholds: {latency_p99: 0.05, size_bytes: 50000000}
    resources: {workers: 2}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mainspring.serving.batching.options import BatchOptions
from mainspring.serving.caching.options import ModelCacheOptions
from mainspring.serving.components.options import Component
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.limits.options import ModelLimits
from mainspring.serving.outliers.options import OutlierOptions
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.telemetry.slo.objective import Objective

# The end of the text, and not that of its last line.
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\\n)", max_length=100)]
Label = Annotated[str, Meta(pattern="^[a-zA-Z0-9_]+$(?!\\n)")]
Positive = Annotated[float, Meta(gt=0)]

WAYS = ("model", "versions", "package", "component", "graph")
"""What a model may be; each has exactly one of them."""


class Thresholds(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """What a package must keep before it goes live, when it is really served and asked its own example.

    Attributes:
        blessed: It must be blessed in the registry.
        size_bytes: The most bytes of the model's files.
        latency_p50: The most seconds within which half of the requests of one row are answered.
        latency_p90: Likewise 9 of 10.
        latency_p95: Likewise 19 of 20.
        latency_p99: Likewise 99 of 100.
        throughput: The least rows answered per second, in batches.
        memory_bytes: The most memory that a server of it may hold.
        load_seconds: The most seconds from the start of a server to its first answer.
    """

    blessed: bool = False
    size_bytes: Positive | None = None
    latency_p50: Positive | None = None
    latency_p90: Positive | None = None
    latency_p95: Positive | None = None
    latency_p99: Positive | None = None
    throughput: Positive | None = None
    memory_bytes: Positive | None = None
    load_seconds: Positive | None = None

    @property
    def figures(self) -> Mapping[str, float]:
        """What has to be measured, with its bounds."""
        given: dict[str, Any] = msgspec.structs.asdict(self)
        return {name: bound for name, bound in given.items() if name != "blessed" and bound is not None}


class Resources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a deployment is given. Of several deployments of one server the largest counts.

    Attributes:
        workers: How many processes answer; 0 means one per core. Counts when the server is started.
        threads: How many slow or large requests a process computes at once. Counts when the server is started.
        memory: For a cluster: the memory of a replica, such as ``512Mi``.
        cpu: For a cluster: the processors of a replica, such as ``500m`` or ``2``.
        replicas: For a cluster: how many servers there are; at most so many with ``most_replicas``.
        most_replicas: For a cluster: how many servers there may be under load.
    """

    workers: Annotated[int, Meta(ge=0, le=1000)] | None = None
    threads: Annotated[int, Meta(ge=1, le=1000)] | None = None
    memory: Annotated[str, Meta(pattern="^[0-9]+([.][0-9]+)?([kMGTPE]|[KMGTPE]i)?$")] = ""
    cpu: Annotated[str, Meta(pattern="^[0-9]+([.][0-9]+)?m?$")] = ""
    replicas: Annotated[int, Meta(ge=1)] = 1
    most_replicas: Annotated[int, Meta(ge=1)] | None = None


class DeclaredModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A model, and how it is served. It has one of ``model``, ``versions``, ``package``, ``component``, ``graph``.

    Attributes:
        model: A version in the registry: ``taxi@production``, ``taxi:1.4.2``, ``taxi:latest``.
        versions: Several versions by label: of the registry, or folders of packages and files, such as
            ``./taxi``, which :func:`is_place` tells apart. The first answers those who ask for none, unless the
            rollout says otherwise.
        package: The folder of a package, of a deployment, or a file; relative to the deployment file.
        component: A class that is served instead of a package; its file is relative to the deployment file.
        graph: Nodes that answer together.
        trust: Whether code in a file that is served as it is may run, such as that of a pickle.
        version: Its version, for a ``package``, a ``component`` or a ``graph``; by default ``"1"``.
        threads: Threads per call of the model; ``auto`` measures how many pay.
        timeout: Seconds within which a request must be answered.
        keep_old: While a version is replaced, keep the old one until the new one answers.
        retries: How often loading is tried again after it failed.
        batching: How the rows of several requests are computed together.
        cache: How answers are remembered.
        limits: How much it takes on.
        rollout: Which of its versions answers those who ask for none.
        outliers: How rows are told apart that are unlike those that the model was trained on.
        thresholds: What it must keep before it goes live.
    """

    model: str = ""
    versions: Mapping[Label, str] = {}
    package: str = ""
    component: Component | None = None
    graph: Graph | None = None
    trust: bool = False
    version: str = ""
    threads: Annotated[int, Meta(ge=1)] | Literal["auto"] = 1
    timeout: Positive | None = None
    keep_old: bool = True
    retries: Annotated[int, Meta(ge=0)] = 0
    batching: BatchOptions | None = None
    cache: ModelCacheOptions | None = None
    limits: ModelLimits | None = None
    rollout: Rollout | None = None
    outliers: OutlierOptions | None = None
    thresholds: Thresholds | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """Which of :data:`WAYS` it has; one, if it is in order."""
        return tuple(name for name in WAYS if getattr(self, name))

    @property
    def references(self) -> Mapping[str, str]:
        """What it takes from the registry, by label; a single reference has the label ``""``."""
        said = self.versions or ({"": self.model} if self.model else {})
        return {label: text for label, text in said.items() if not is_place(text)}


class Declaration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A deployment file. Values may name variables of the environment, ``${NAME}``: that is the place of secrets.

    Attributes:
        deployment: Its name, which no other file has.
        models: What is served, by the name under which it answers, which no other file has either.
        description: What it is for.
        resources: What it is given.
        slo: What share of requests has to be fast, answered and right. Counts when the server is started.
    """

    deployment: Name
    models: Mapping[Name, DeclaredModel]
    description: str = ""
    resources: Resources = Resources()
    slo: tuple[Objective, ...] = ()


def is_place(text: str) -> bool:
    """Whether a version is a folder or a file, relative to the deployment file, and none of the registry."""
    return "/" in text or text.startswith(".")


def schema() -> dict[str, Any]:
    """The JSON Schema of a deployment file, for editors. Specification: JSON Schema, draft 2020-12."""
    made = msgspec.json.schema(Declaration)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A deployment of Mainspring",
        **made,
    }
