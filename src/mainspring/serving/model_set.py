"""The models that one server serves, by name and version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mainspring.core.errors import ConflictError, NotFoundError
from mainspring.serving.predictor import Predictor


class ModelSet:
    """Loaded model versions. Does not change once it is made, and so is safe for threads.

    Args:
        predictors: At most one per name and version.

    Raises:
        ConflictError: If two have the same name and version.
    """

    def __init__(self, predictors: Sequence[Predictor]) -> None:
        self._models: dict[str, dict[str, Predictor]] = {}
        for predictor in predictors:
            versions = self._models.setdefault(predictor.name, {})
            if predictor.version in versions:
                raise ConflictError(
                    f"model {predictor.name!r} version {predictor.version!r} is given twice",
                    fix="give each package a name and version of its own",
                )
            versions[predictor.version] = predictor
        for name, versions in self._models.items():
            self._models[name] = dict(sorted(versions.items(), key=lambda item: _order(item[0])))

    def __iter__(self) -> Iterator[Predictor]:
        return (predictor for versions in self._models.values() for predictor in versions.values())

    @property
    def names(self) -> list[str]:
        """Names of the models."""
        return list(self._models)

    def versions(self, name: str) -> list[str]:
        """Versions of a model, growing: ``1.10.0`` comes after ``1.9.0``."""
        return list(self._models[name])

    def find(self, name: str, version: str | None = None) -> Predictor:
        """A version of a model, by default its highest.

        Raises:
            NotFoundError: If it is not served here.
        """
        versions = self._models.get(name)
        if versions is None:
            known = ", ".join(map(repr, self._models)) or "none"
            raise NotFoundError(f"model {name!r} is not served here", expected=f"one of: {known}")
        if version is None:
            return next(reversed(versions.values()))
        if version not in versions:
            raise NotFoundError(
                f"version {version!r} of model {name!r} is not served here",
                expected="one of: " + ", ".join(map(repr, versions)),
            )
        return versions[version]


def _order(version: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"[.\-+]", version)
    keys = [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
    return [*keys, (1, -1, "")]  # 1.0-rc comes before 1.0, and 1.0 before 1.0.1
