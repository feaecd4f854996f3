"""What lies in the sources of a repository, and what of it should be served."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.core.errors import ConflictError
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import Given, PackageAt, Source, fingerprint


class Catalogue:
    """Looks at sources whenever it is asked. Safe for threads.

    Args:
        sources: Where packages lie.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)

    @property
    def packages(self) -> list[PackageAt]:
        """Everything that lies there now."""
        return [at for source in self._sources for at in source.packages()]

    @property
    def given(self) -> list[PackageAt]:
        """What was named one by one."""
        return [at for source in self._sources if isinstance(source, Given) for at in source.packages()]

    def has(self, name: str, version: str = "") -> bool:
        """Whether a model, or that version of it, lies there."""
        return any(at.name == name and version in ("", at.version) for at in self.packages)

    def by_name(self) -> dict[str, list[PackageAt]]:
        """The packages of each model.

        Raises:
            ConflictError: If two have the same name and version.
        """
        found: dict[str, list[PackageAt]] = {}
        for at in self.packages:
            known = found.setdefault(at.name, [])
            if any(one.version == at.version for one in known):
                raise ConflictError(
                    f"model {at.name!r} version {at.version!r} is given twice",
                    where=str(at.folder),
                    fix="give each package a name and version of its own",
                )
            known.append(at)
        return found

    def chosen(self, packages: Sequence[PackageAt], options: ModelOptions) -> list[PackageAt]:
        """The packages of one model whose versions are served; every one of those that were named one by one."""
        versions, given = options.versions.choose(at.version for at in packages), self.given
        return [at for at in packages if at.version in versions or at in given]

    def look(self) -> tuple[dict[str, list[PackageAt]], dict[tuple[str, str], str]]:
        """Both: the packages of each model, and what their files look like."""
        packages = self.by_name()
        prints = {(at.name, at.version): fingerprint(at.folder) for several in packages.values() for at in several}
        return packages, prints

    def fingerprints(self) -> dict[tuple[str, str], str]:
        """What the files of every package look like, by name and version."""
        return {(at.name, at.version): fingerprint(at.folder) for at in self.packages}
