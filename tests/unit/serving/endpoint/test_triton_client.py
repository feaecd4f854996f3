"""Triton's own HTTP client, as it is, against a server process."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mainspring.serving.server_process import ServerProcess

triton = pytest.importorskip("tritonclient.http", reason="tritonclient[http] is not installed")
InferenceServerException = pytest.importorskip("tritonclient.utils").InferenceServerException

PLUGIN = Path(__file__).parents[1] / "plugin"


@pytest.fixture(scope="module")
def client(rule: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    root = tmp_path_factory.mktemp("server")
    taxi, other = rule.write(root / "taxi"), rule.write(root / "models" / "other" / "7")
    (other.parent.parent / "broken" / "1").mkdir(parents=True)
    (other.parent.parent / "broken" / "1" / "package.json").write_text("{")
    options = root / "server.json"
    options.write_text(json.dumps({"repository": {"folder": "models"}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]))
        server = ServerProcess(taxi, name="taxi", version="1.0.0", options=("--config", str(options)))
        with server, triton.InferenceServerClient(server.url.removeprefix("http://")) as found:
            yield found


def inputs(rows: int = 2, *, binary: bool = True) -> list[Any]:
    columns = {
        "fare": ("FP64", np.linspace(1, 20, rows)),
        "hour": ("INT64", np.arange(rows)),
        "company": ("BYTES", np.array(["A", "ü"] * rows, dtype=object)[:rows]),
        "airport": ("BOOL", np.zeros(rows, dtype=bool)),
    }
    found = []
    for name, (datatype, values) in columns.items():
        tensor = triton.InferInput(name, [rows], datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        found.append(tensor)
    return found


def yes(rows: int) -> np.ndarray:
    logit = (np.linspace(1, 20, rows) - 10) / 5 + (np.arange(rows) % 2 == 0)
    return 1 / (1 + np.exp(-logit))


def test_o1_o2_o5_health(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("taxi")
    assert client.is_model_ready("taxi", "1.0.0")
    assert not client.is_model_ready("taxi", "2")
    assert not client.is_model_ready("no")


def test_o3_o4_metadata(client: Any) -> None:
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert client.get_model_metadata("taxi")["versions"] == ["1.0.0"]
    with pytest.raises(InferenceServerException, match="'no' is not served here"):
        client.get_model_metadata("no")


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("wanted", ["default", "binary", "json"])
@pytest.mark.parametrize("squeeze", [None, "gzip", "deflate"])
def test_o6_o14_b1_b2_b3_infer(client: Any, binary_in: bool, wanted: str, squeeze: str | None) -> None:
    outputs = None
    if wanted != "default":
        names = ("probabilities", "label")
        outputs = [triton.InferRequestedOutput(name, binary_data=wanted == "binary") for name in names]
    rows = 2 if squeeze is None else 2_000
    answer = client.infer(
        "taxi",
        inputs(rows, binary=binary_in),
        model_version="1.0.0",
        outputs=outputs,
        request_id="mine",
        request_compression_algorithm=squeeze,
        response_compression_algorithm=squeeze,
    )
    assert answer.get_response()["id"] == "mine"
    np.testing.assert_allclose(answer.as_numpy("probabilities")[:, 1], yes(rows), atol=1e-12)
    labels = [one.decode() if isinstance(one, bytes) else one for one in answer.as_numpy("label")]
    assert labels == ["yes" if one > 0.5 else "no" for one in yes(rows)]


def test_b2_columns_in_json_and_in_bytes_together(client: Any) -> None:
    mixed = [*inputs(3)[:2], *inputs(3, binary=False)[2:]]
    np.testing.assert_allclose(client.infer("taxi", mixed).as_numpy("probabilities")[:, 1], yes(3), atol=1e-12)


def test_several_requests_at_once(client: Any) -> None:
    waiting = [client.async_infer("taxi", inputs(2)) for _ in range(4)]
    for one in waiting:
        assert one.get_result().as_numpy("label").shape == (2,)


def test_the_highest_classes(client: Any) -> None:
    outputs = [triton.InferRequestedOutput("probabilities", class_count=1)]
    answer = client.infer("taxi", inputs(1), outputs=outputs)
    assert [one.decode().split(":")[1:] for one in answer.as_numpy("probabilities")[0]] == [["0", "no"]]


def test_b7_errors_are_understood(client: Any) -> None:
    wrong = triton.InferInput("fare", [1], "BYTES")
    wrong.set_data_from_numpy(np.array(["x"], dtype=object))
    with pytest.raises(InferenceServerException, match="holds datatype BYTES; expected datatype FP64") as caught:
        client.infer("taxi", [wrong])
    assert caught.value.status() == "400"
    shared = triton.InferInput("fare", [1], "FP64")
    shared.set_shared_memory("region", 8)
    with pytest.raises(InferenceServerException, match="shared memory"):
        client.infer("taxi", [shared])


def test_r1_r2_r3_the_repository(client: Any) -> None:
    def states() -> dict[str, str]:
        return {one["name"]: one["state"] for one in client.get_model_repository_index()}

    assert states()["other"] == "UNAVAILABLE"
    client.load_model("other")
    assert states() == {"broken": "UNAVAILABLE", "other": "READY", "taxi": "READY"}
    assert client.get_model_metadata("other")["versions"] == ["7"]
    client.load_model("other", config='{"threads": 2}')
    with pytest.raises(InferenceServerException, match="the config is wrong"):
        client.load_model("other", config="{")
    with pytest.raises(InferenceServerException):
        client.load_model("broken")
    with pytest.raises(InferenceServerException, match="no model 'none'"):
        client.load_model("none")
    client.unload_model("other", unload_dependents=True)
    assert states()["other"] in ("UNLOADING", "UNAVAILABLE")
    assert not client.is_model_ready("other")


def test_r2_files_come_with_the_order(client: Any, rule: ModuleType, tmp_path: Path) -> None:
    folder = rule.write(tmp_path / "brought")
    files = {f"file:9/{path.name}": path.read_bytes() for path in folder.iterdir()}
    client.load_model("brought", config="{}", files=files)
    assert client.get_model_metadata("brought")["versions"] == ["9"]
    client.unload_model("brought")


def test_r6_r7_statistics_and_configuration(client: Any) -> None:
    client.infer("taxi", inputs(5))
    [stats] = client.get_inference_statistics("taxi", "1.0.0")["model_stats"]
    assert stats["inference_stats"]["success"]["count"] > 0
    assert {one["name"] for one in client.get_inference_statistics()["model_stats"]} >= {"taxi"}
    assert client.get_model_config("taxi")["name"] == "taxi"
