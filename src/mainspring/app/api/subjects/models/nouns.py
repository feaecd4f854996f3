"""What is told of registered models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The metric by which versions of a model are compared first.

    Attributes:
        metric: Its name; empty if versions have none.
        title: Its name for people.
        lower: Whether less is better.
        values: Of each version, in the order of their numbers; ``None`` where a version has none.
        last: Of the latest version.
    """

    metric: str
    title: str
    lower: bool
    values: Sequence[float | None]
    last: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A registered model.

    Attributes:
        name: Its name.
        description: In words.
        tags: Names with values.
        versions: How many there are.
        latest: The highest number.
        at: When that was registered, in seconds since the epoch.
        by: Who registered it.
        aliases: Alias to the version that it points at.
        headline: How good its versions are.
        blessed: Whether the latest may be used; ``None`` if nobody said so.
        asked: Environments for which a promotion is asked for.
    """

    name: str
    description: str
    tags: Mapping[str, str]
    versions: int
    latest: str
    at: float
    by: str
    aliases: Mapping[str, str]
    headline: Headline
    blessed: bool | None
    asked: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A version of a model.

    Attributes:
        model: Name of the model.
        version: Its number.
        at: When it was registered, in seconds since the epoch.
        by: Who registered it.
        why: Why it has this number.
        reason: What it was registered for.
        digest: Of its package.
        run: The run that made it; empty for one from outside.
        data: Digest of the rows that it was trained on; empty if that is not known.
        rows: How many they are.
        metrics: How good it was.
        passed: What the gate said that judged it; ``None`` if none did.
        aliases: Those that point at it.
        asked: Environments for which its promotion is asked for.
        signed: How many signatures on it count, over all environments.
        blessed: Whether it may be used; ``None`` if nobody said so.
        archived: Whether it is kept for the record alone.
        tags: Names with values.
        description: In words.
        reproduced: How it came out when it was made again; empty if it was not.
        size: Bytes of its package; ``None`` if they are gone or damaged.
        damaged: Whether its package cannot be read any more: what is stored is not what was registered.
        explained: Whether an explainer was registered with it.
    """

    model: str
    version: str
    at: float
    by: str
    why: str
    reason: str
    digest: str
    run: str
    data: str
    rows: int | None
    metrics: Mapping[str, float]
    passed: bool | None
    aliases: Sequence[str]
    asked: Sequence[str]
    signed: int
    blessed: bool | None
    archived: bool
    tags: Mapping[str, str]
    description: str
    reproduced: str
    size: int | None
    damaged: bool
    explained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened to a model, or was said of it.

    Attributes:
        at: When, in seconds since the epoch.
        kind: ``registered``, ``moved``, ``rolled back``, ``signed``, ``rejected``, ``requested``, ``refused``,
            ``promoted``, ``evidence``, ``archived``, ``blessed``, ``not blessed``, ``note`` or ``reproduced``.
        version: Which version it is about; empty for the model itself.
        by: Who.
        text: In words.
        alias: The alias or environment that it is about.
        role: For which role somebody signed.
        before: The version that held the alias before.
        evidence: What it rests on.
        missing: What was missing, for a refusal.
    """

    at: float
    kind: str
    version: str
    by: str
    text: str
    alias: str = ""
    role: str = ""
    before: str = ""
    evidence: Sequence[str] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody's word on a version.

    Attributes:
        role: For which role.
        by: Who.
        comment: What was looked at, and found.
        at: When, in seconds since the epoch.
        evidence: What it rests on.
    """

    role: str
    by: str
    comment: str
    at: float
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that must sign.

    Attributes:
        name: Its name.
        people: Who may sign for it; anybody, if nobody is named.
        signed: The signature that counts; ``None`` if there is none.
        open: Whether the caller could sign for it now.
        why: Why not, if not.
    """

    name: str
    people: Sequence[str]
    signed: Signed | None
    open: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a version stands with respect to an environment.

    Attributes:
        model: Name of the model.
        version: The version.
        environment: The environment, which is the alias of that name.
        current: The version that holds it now; empty if none does.
        guarded: Whether a policy says what it takes.
        after: The environment that the version must have been in before; empty for none.
        same_person: Whether one person may sign for several roles.
        roles: Who must sign.
        signed: All signatures that count.
        missing: What is missing, as sentences; nothing if it may be promoted.
        asked: Whether its promotion is asked for.
    """

    model: str
    version: str
    environment: str
    current: str
    guarded: bool
    after: str
    same_person: bool
    roles: Sequence[Role]
    signed: Sequence[Signed]
    missing: Sequence[str]
    asked: bool

    @property
    def held(self) -> bool:
        """Whether the version is there now."""
        return self.current == self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownModel:
    """A model with its versions.

    Attributes:
        model: It, as it is listed.
        versions: The newest first.
        environments: How the latest version stands with respect to each environment.
    """

    model: ListedModel
    versions: Sequence[ListedVersion]
    environments: Sequence[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """A move of an alias.

    Attributes:
        alias: The alias.
        before: The version that held it before; empty for the first.
        after: The version that has held it since.
        action: ``move`` or ``rollback``.
        by: Who.
        reason: Why.
        at: When, in seconds since the epoch.
        until: When the next one was; ``None`` if it still holds.
        evidence: What it rests on.
    """

    alias: str
    before: str
    after: str
    action: str
    by: str
    reason: str
    at: float
    until: float | None
    evidence: Sequence[str]
