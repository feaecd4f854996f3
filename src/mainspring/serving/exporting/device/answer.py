"""Answers rows with the model of this folder, with nothing but onnxruntime and numpy.

python answer.py rows.json          one object by column name, or a list of them; - for standard input
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

MISSING = "__missing__"


class Model:
    """A model as its prediction server answers: rows by column name in, answers by name out."""

    def __init__(self, folder: Path) -> None:
        self.described: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Answer rows: mappings by column name, ``None`` for what is missing."""
        feeds = {}
        for field, graph_input in zip(self.described["inputs"], self.session.get_inputs(), strict=True):
            values = [_read(field, row.get(field["name"])) for row in rows]
            kind = object if field["datatype"] == "BYTES" else np.float64
            feeds[graph_input.name] = np.array(values, dtype=kind).reshape(-1, 1)
        names = [field["name"] for field in self.described["outputs"]]
        outputs = dict(zip(names, self.session.run(names, feeds), strict=True))
        return [self._told(outputs, row) for row in range(len(rows))]

    def _told(self, outputs: Mapping[str, Any], row: int) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, values in outputs.items():
            plain = values[row].tolist() if hasattr(values[row], "tolist") else values[row]
            if name == "probabilities" and self.described["classes"]:
                told |= zip((f"probability.{word}" for word in self.described["classes"]), plain, strict=True)
            else:
                told[name] = plain
        return told


def _read(field: Mapping[str, Any], value: Any) -> str | float:
    text = field["datatype"] == "BYTES"
    if value is None:
        if not field["nullable"]:
            raise ValueError(f"{field['name']} is missing")
        return MISSING if text else float("nan")
    return str(value) if text else float(value)


if __name__ == "__main__":
    given = sys.stdin.read() if sys.argv[1] == "-" else Path(sys.argv[1]).read_text(encoding="utf-8")
    asked = json.loads(given)
    answers = Model(Path(__file__).parent).answer(asked if isinstance(asked, list) else [asked])
    print(json.dumps(answers, indent=1))
