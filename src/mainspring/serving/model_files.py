"""Where a model lies: in the folder of a package, or in a file that is served as it is."""

from __future__ import annotations

from pathlib import Path

from mainspring.core.plugins import offers
from mainspring.models.package import MANIFEST

STEM = "model"
"""In a folder of models the file of a version has this name, as in Triton's model repositories."""

COLUMNS = (".txt", ".json", ".ubj", ".skops", ".joblib", ".pkl", ".pickle")
"""The suffixes of files whose models take columns; those of tensors come in by ``mainspring_tensor_runtimes``."""


def suffixes() -> tuple[str, ...]:
    """The suffixes of files that can be served."""
    return (*offers("tensor_runtimes"), *COLUMNS)


def model_file(place: Path) -> Path | None:
    """The file that is served as it is: the path itself, or ``model.<suffix>`` in a folder that is no package."""
    if not place.is_dir():
        return place
    if (place / MANIFEST).is_file():
        return None
    return next((file for suffix in suffixes() if (file := place / f"{STEM}{suffix}").is_file()), None)


def holds_model(folder: Path) -> bool:
    """Whether a folder is a package, or holds a file that is served as it is."""
    return (folder / MANIFEST).is_file() or model_file(folder) is not None
