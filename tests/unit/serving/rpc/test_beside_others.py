"""The server and its client live in one process with the stubs of other clients, whichever is imported first."""

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[1] / "plugin"
SOURCE = Path(__file__).parents[4] / "src"

OURS = "import mainspring.serving.rpc.server, mainspring.serving.rpc.client"
TRITON = "import tritonclient.grpc"
KSERVE = "import kserve, kserve.protocol.grpc.grpc_predict_v2_pb2_grpc"

USE = """
import asyncio, sys
sys.path.insert(0, {plugin!r})
import rule_model
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.rpc.server import RpcServer

ROW = {{"fare": [12.5, None], "hour": [3, 4], "company": ["A", None], "airport": [True, False]}}

def ours(target):
    for raw in (True, False):
        with RpcClient(target, raw=raw) as client:
            assert client.infer("taxi", ROW)["label"].tolist() == ["yes", "no"]
            assert [one["label"].tolist() for one in client.infer_stream("taxi", [ROW])] == [["yes", "no"]]

{ask}

async def main():
    repository = Repository.of([Predictor(rule_model.package(), name="taxi", version="1")])
    server = RpcServer(Dispatcher(repository), RpcOptions(port=0))
    async with server.running():
        await asyncio.to_thread(ours, f"127.0.0.1:{{server.port}}")
        await theirs(f"127.0.0.1:{{server.port}}")

asyncio.run(main())
import google.protobuf
print("fine with protobuf", google.protobuf.__version__)
"""

ASK_NOBODY = """
async def theirs(target):
    pass
"""

ASK_TRITON = """
import numpy as np
from tritonclient.grpc.aio import InferenceServerClient, InferInput

async def theirs(target):
    inputs = []
    for name, datatype, value in (("fare", "FP64", 12.5), ("hour", "INT64", 3), ("airport", "BOOL", True)):
        inputs.append(InferInput(name, [1], datatype))
        inputs[-1].set_data_from_numpy(np.array([value]))
    inputs.append(InferInput("company", [1], "BYTES"))
    inputs[-1].set_data_from_numpy(np.array(["A"], dtype=object))
    async with InferenceServerClient(target) as client:
        assert (await client.infer("taxi", inputs)).as_numpy("label").tolist() == [b"yes"]
"""

ASK_KSERVE = """
import grpc
import numpy as np
from kserve import InferInput, InferRequest, InferenceGRPCClient
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from mainspring.serving.rpc.messages import POOL

def inputs(raw):
    found = []
    for name, datatype, values in (
        ("fare", "FP64", [12.5, 0.0]), ("hour", "INT64", [3, 4]), ("airport", "BOOL", [True, False])
    ):
        found.append(InferInput(name, [2], datatype))
        found[-1].set_data_from_numpy(np.array(values), binary_data=raw)
    found.append(InferInput("company", [2], "BYTES"))
    found[-1].set_data_from_numpy(np.array(["A", "B"], dtype=object), binary_data=raw)
    return found

def alike(theirs, path):
    ours = POOL.FindMessageTypeByName(theirs.full_name)
    for field in theirs.fields:
        if field.full_name.split(".", 1)[1] in (
            "RepositoryModelLoadRequest.model_name", "RepositoryModelUnloadRequest.model_name"
        ):
            continue
        other = ours.fields_by_name[field.name]
        assert (field.number, field.type) == (other.number, other.type), field.full_name
    for nested in theirs.nested_types:
        alike(nested, path)

async def theirs(target):
    for one in messages.DESCRIPTOR.message_types_by_name.values():
        alike(one, one.full_name)
    async with InferenceGRPCClient(target) as client:
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("taxi")
        for raw in (True, False):
            request = InferRequest(model_name="taxi", infer_inputs=inputs(raw), request_id="seven")
            response = await client.infer(request)
            assert response.id == "seven"
            found = {one.name: one.as_numpy() for one in response.outputs}
            texts = [one.decode() if isinstance(one, bytes) else one for one in found["label"].tolist()]
            assert texts == ["yes", "no"]
            assert found["probabilities"].shape == (2, 2)
        try:
            await client.infer(InferRequest(model_name="taxo", infer_inputs=inputs(True)))
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND
        else:
            raise AssertionError
    async with grpc.aio.insecure_channel(target) as channel:
        try:
            await GRPCInferenceServiceStub(channel).RepositoryModelLoad(
                messages.RepositoryModelLoadRequest(model_name="taxi")
            )
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED and "loaded" in error.details()
        else:
            raise AssertionError
"""


def run(python: Path | str, program: str) -> str:
    done = subprocess.run(
        [str(python), "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PATH": ""},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def program(imports: tuple[str, ...], ask: str) -> str:
    return "\n".join(imports) + USE.format(plugin=str(PLUGIN), ask=ask)


def test_a_server_without_grpc_does_not_load_its_libraries() -> None:
    told = run(
        sys.executable, "import mainspring.serving.main, mainspring.serving.assembly, sys; print(*sys.modules)"
    )
    assert not {"grpc", "google.protobuf", "tritonclient"} & set(told.split())


@pytest.mark.parametrize("order", [(OURS, TRITON), (TRITON, OURS)], ids=["ours first", "ours last"])
def test_beside_triton(order: tuple[str, ...]) -> None:
    assert "fine" in run(sys.executable, program(order, ASK_TRITON))


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory):
    """Makes environments with other libraries; each is made once."""
    folder = tmp_path_factory.mktemp("environments")
    made: dict[tuple[str, ...], Path] = {}

    def make(*libraries: str) -> Path:
        if libraries not in made:
            place = folder / str(len(made))
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
            python = place / "bin" / "python"
            ours = ("msgspec", "numpy", "pluggy", "pyyaml", "starlette", "uvicorn")
            command = [str(python), "-m", "pip", "install", "-q", *libraries, *ours]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"cannot install {', '.join(libraries)}: {done.stderr[-300:]}")
            made[libraries] = python
        return made[libraries]

    return make


@pytest.mark.slow
@pytest.mark.parametrize("major", [5, 6, 7])
def test_with_every_protobuf(environment, major: int) -> None:
    python = environment("grpcio", f"protobuf>={major},<{major + 1}")
    assert f"fine with protobuf {major}." in run(python, program((OURS,), ASK_NOBODY))


@pytest.mark.slow
def test_with_the_oldest_libraries_that_are_allowed(environment) -> None:
    python = environment("grpcio==1.66.*", "protobuf==5.26.*")
    assert "fine with protobuf 5.26" in run(python, program((OURS,), ASK_NOBODY))


@pytest.mark.slow
@pytest.mark.parametrize("last", [False, True], ids=["ours first", "ours last"])
@pytest.mark.parametrize(("other", "ask"), [(TRITON, ASK_TRITON), (KSERVE, ASK_KSERVE)], ids=["triton", "kserve"])
def test_beside_the_clients_and_the_libraries_that_they_ask_for(
    environment, other: str, ask: str, last: bool
) -> None:
    # One of the two at a time: their stubs refuse to live beside each other.
    python = environment("tritonclient[grpc]", "kserve")
    assert "fine with protobuf 6" in run(python, program((other, OURS) if last else (OURS, other), ask))
