"""KServe's own client and an OpenAPI fuzzer, as they are, against a server process.

Both pin libraries that do not go beside ours: they run in an environment of their own, which is made at first and
kept in the user's cache. ``MAINSPRING_CLIENTS`` names the Python of another one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.server_process import ServerProcess

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parents[1] / "plugin"
NEEDED = ("kserve==0.21.0", "schemathesis==4.32.5")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mainspring-tests"

KSERVE = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

URL, ROW = sys.argv[1], {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
TYPES = {"fare": "FP64", "hour": "INT64", "company": "BYTES", "airport": "BOOL"}
told = {}

def request(binary):
    inputs = []
    for name, value in ROW.items():
        one = InferInput(name, [2], TYPES[name])
        kind = object if TYPES[name] == "BYTES" else None
        one.set_data_from_numpy(np.array([value, value], dtype=kind), binary_data=binary)
        inputs.append(one)
    return InferRequest("taxi", inputs, request_id="mine")

async def main():
    v1, v2 = (InferenceRESTClient(RESTConfig(protocol=name)) for name in ("v1", "v2"))
    told["live"] = [await one.is_server_live(URL) for one in (v1, v2)]
    told["ready"] = await v2.is_server_ready(URL)
    told["model"] = [await one.is_model_ready(URL, "taxi") for one in (v1, v2)]
    told["unknown"] = await v2.is_model_ready(URL, "no")
    told["rows"] = await v1.infer(URL, {"instances": [ROW]}, model_name="taxi")
    for binary in (False, True):
        answer = await v2.infer(URL, request(binary), model_name="taxi")
        told[f"tensors {binary}"] = [answer.id, answer.model_name, answer.outputs[0].data]
    wanted = request(True)
    wanted.parameters = {"binary_data_output": True}
    answer = await v2.infer(URL, wanted, model_name="taxi")
    told["binary"] = [one.as_numpy().ravel().tolist() for one in answer.outputs][1]
    try:
        await v1.infer(URL, {"instances": [{}]}, model_name="taxi")
    except Exception as error:
        told["error"] = str(error)

asyncio.run(main())
print(json.dumps(told, default=str))
"""

EVENTS = """
import json, sys, urllib.request
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}
for convert in (to_binary, to_structured):
    event = CloudEvent({"type": "t", "source": "s", "id": "7"}, {"instances": [ROW]})
    headers, body = convert(event)
    asked = urllib.request.Request(sys.argv[1] + "/v1/models/taxi:predict", body, headers)
    with urllib.request.urlopen(asked) as answer:
        told = from_http(dict(answer.headers), answer.read())
    assert told["type"] == "io.kserve.inference.response", told
    assert told["source"] == "io.kserve.inference.taxi", told
    assert told["id"] == "7", told
    assert told.data == {"predictions": ["yes"]}, told.data
"""


@pytest.fixture(scope="module")
def python() -> str:
    """The Python that has the clients."""
    given = os.environ.get("MAINSPRING_CLIENTS")
    if given:
        return given
    folder = CACHE / ("clients-" + "-".join(NEEDED).replace("==", "-"))
    found = folder / "bin" / "python"
    if not (folder / "made").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(found), "-m", "pip", "install", "-q", "--disable-pip-version-check", *NEEDED]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the clients cannot be installed here: {done.stderr[-300:]}")
        (folder / "made").touch()
    return str(found)


@pytest.fixture(scope="module")
def url(rule: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("server")
    folder = rule.write(root / "taxi")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]))
        with ServerProcess(folder, name="taxi", version="1.0.0", log_folder=root / "log") as server:
            yield server.url


def run(python: str, *arguments: str) -> str:
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False, env=bare, timeout=300)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    return done.stdout


def test_o1_o2_o5_b3_v1_kserves_client(python: str, url: str) -> None:
    told: dict[str, Any] = json.loads(run(python, "-c", KSERVE, url).splitlines()[-1])
    assert told["live"] == [True, True]
    assert told["ready"] is True
    assert (told["model"], told["unknown"]) == ([True, True], False)
    assert told["rows"] == {"predictions": ["yes"]}
    assert told["tensors False"] == told["tensors True"] == ["mine", "taxi", ["yes", "yes"]]
    assert told["binary"] == pytest.approx([0.3775406687981454, 0.6224593312018546] * 2)
    assert "row 0, column 'fare' is not there" in told["error"]


def test_cloud_events_own_library_reads_the_answers(python: str, url: str) -> None:
    run(python, "-c", EVENTS, url)


@pytest.mark.parametrize("document", ["/openapi.json", "/v2/models/taxi/openapi.json"])
def test_the_openapi_documents_hold(python: str, url: str, document: str) -> None:
    """Whatever is sent, answers are as the documents say, and what they forbid is refused.

    What they allow may still be wrong: that columns are of equal length cannot be said in a schema.
    """
    options = ("--max-examples", "40", "--seed", "1", "--exclude-checks", "positive_data_acceptance")
    unloading = ("--exclude-path-regex", "unload", "--no-color")
    run(python, "-m", "schemathesis.cli", "run", url + document, *options, *unloading)
