"""Programs of ``torch.export`` served as tensors."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import IntegrityError
from mainspring.models.foreign import UntrustedError
from mainspring.models.signature import BadInputError
from mainspring.serving.bare_files import open_file
from mainspring.serving.question import Question, Tensor
from mainspring.serving.tensor_models.model import TensorModel

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def torch() -> Any:
    """Imported only where a test runs: it takes seconds."""
    return pytest.importorskip("torch")


def saved(torch: Any, file: Path, module: Any, arguments: tuple[Any, ...], shapes: Any = None) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module.eval(), arguments, dynamic_shapes=shapes), file)
    return file


def opened(file: Path, *, trust: bool = True) -> TensorModel:
    model = open_file(file, name="it", trust=trust)
    assert isinstance(model, TensorModel)
    return model


def test_a_program_with_rows(torch: Any, tmp_path: Path) -> None:
    class Scale(torch.nn.Module):
        def forward(self, image, scale):
            return {"scaled": image * scale, "rows": image.sum(dim=1)}

    rows = torch.export.Dim("rows")
    shapes = {"image": {0: rows}, "scale": {0: rows}}
    file = saved(torch, tmp_path / "m.pt2", Scale(), (torch.zeros(2, 3), torch.zeros(2, 1)), shapes)
    model = opened(file)
    assert [(one.name, one.datatype, one.shape) for one in model.inputs] == [
        ("image", "FP32", (-1, 3)),
        ("scale", "FP32", (-1, 1)),
    ]
    assert [(one.name, one.shape) for one in model.outputs] == [("scaled", (-1, 3)), ("rows", (-1,))]
    assert model.batches
    raw = np.frombuffer(np.array([[1, 2, 3]], np.float32).tobytes(), np.float32).reshape(1, 3)  # read-only
    found = model.answer(
        Question(tensors=[Tensor("image", "FP32", [1, 3], raw), Tensor("scale", "FP32", [1, 1], [2])])
    )
    assert found.outputs["scaled"].tolist() == [[2, 4, 6]]
    assert found.outputs["rows"].tolist() == [6]
    with pytest.raises(BadInputError, match=r"expected shape \[-1, 3\]"):
        model.answer(Question(rows=[{"image": [1, 2], "scale": [1]}]))


def test_a_program_of_one_size(torch: Any, tmp_path: Path) -> None:
    model = opened(saved(torch, tmp_path / "m.pt2", torch.nn.Linear(3, 2), (torch.zeros(4, 3),)))
    assert not model.batches
    assert [(one.name, one.shape) for one in (*model.inputs, *model.outputs)] == [
        ("input", (4, 3)),
        ("output", (4, 2)),
    ]
    assert model.answer(Question(rows=[[0, 0, 0]] * 4)).outputs["output"].shape == (4, 2)


@pytest.mark.usefixtures("torch")
def test_a_program_is_opened_with_trust_only(tmp_path: Path) -> None:
    file = tmp_path / "m.pt2"
    file.write_bytes(b"nothing")
    with pytest.raises(UntrustedError, match="PyTorch may run code"):
        opened(file, trust=False)
    with pytest.raises(IntegrityError, match="PyTorch cannot read this file"):
        opened(file)
