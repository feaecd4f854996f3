"""What whoever runs a server orders it to serve, and what it says that it serves."""

from __future__ import annotations

import msgspec


class Lying(msgspec.Struct, frozen=True):
    """Where a version of a model lies.

    Attributes:
        folder: Its package, or its file.
        version: The version.
        digest: Of what lies there: where that is other than before, it is loaded anew.
    """

    folder: str
    version: str
    digest: str = ""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A model that shall be served, all of it said by whoever runs the server.

    Attributes:
        name: The model.
        packages: Its versions.
        config: All of its options, as JSON.
    """

    name: str
    packages: tuple[Lying, ...]
    config: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says of a model that it serves.

    Attributes:
        versions: Those that are loaded.
        packages: What it was ordered to serve with :class:`Load`; empty if it was not.
        config: Its options, as JSON.
    """

    versions: tuple[str, ...]
    packages: tuple[Lying, ...]
    config: str
