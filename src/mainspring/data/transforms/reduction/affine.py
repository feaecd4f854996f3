"""Reductions that are one affine map: fewer columns, each a weighted sum of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.data.transforms.ops import Project

if TYPE_CHECKING:
    import numpy as np

_FILE: Final = "reduction.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AffineReduction:
    """``(matrix - mean) @ components.T``, which is also ``matrix @ weights + offset``.

    Attributes:
        method: ``"pca"``, ``"svd"``, ``"lda"``, ``"ica"`` or ``"random"``.
        inputs: Names of the columns of the matrix.
        names: Names of the columns of the result.
        mean: What is taken off each column.
        components: One direction per column of the result, with one number per column of the matrix.
        variance: Of each column of the result over the rows it was fitted on.
        explained: Share of all variance that each column keeps: of the rows (``pca``, ``svd``) or of the means of
            the classes (``lda``). Empty where columns overlap (``ica``, ``random``).
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Reduction"

    method: str
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    mean: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]
    variance: tuple[float, ...]
    explained: tuple[float, ...] = ()

    @property
    def weights(self) -> np.ndarray:
        """``[columns of the matrix, columns of the result]``."""
        import numpy as np

        return np.array(self.components, dtype=np.float64).T

    @property
    def offset(self) -> np.ndarray:
        """``[columns of the result]``."""
        import numpy as np

        found: np.ndarray = -(np.array(self.mean, dtype=np.float64) @ self.weights)
        return found

    def apply(self, matrix: np.ndarray) -> np.ndarray:
        """The reduced matrix. A row gives the same bits alone and among others."""
        return self.op("matrix").apply(matrix)

    def op(self, source: str) -> Project:
        """The op that says it in a transform, and in ONNX.

        Args:
            source: Name of the value that is reduced.
        """
        return Project((source,), f"{source}.{self.method}", self.mean, self.components)

    def describe(self) -> str:
        """What each column keeps, for people."""
        share = bool(self.explained)
        lines = [f"{'':12}{'variance':>12}" + (f"{'share':>9}{'together':>10}" if share else "")]
        together = 0.0
        for place, name in enumerate(self.names):
            line = f"{name:12}{self.variance[place]:>12.4g}"
            if share:
                together += self.explained[place]
                line += f"{self.explained[place]:>9.1%}{together:>10.1%}"
            lines.append(line)
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        import msgspec

        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def save(self, folder: Path) -> None:
        """Write ``reduction.json`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """The method, and how many columns go in and come out."""
        found: dict[str, Value] = {"method": self.method, "inputs": len(self.inputs), "outputs": len(self.names)}
        return {**found, **({"explained": sum(self.explained)} if self.explained else {})}
