"""A deployment in one folder."""

import json
from pathlib import Path

import pytest

from mainspring.core.errors import ConflictError
from mainspring.serving.client import Client
from mainspring.serving.deploying.ports import NoModels
from mainspring.serving.deploying.reading import read
from mainspring.serving.deploying.resolving import Resolver
from mainspring.serving.deploying.stock import Stock
from mainspring.serving.exporting import Bundle, write_bundle
from mainspring.serving.server_process import PythonServer

ROW = {"fare": 41.0, "hour": 3, "company": "Blue", "airport": False}


def test_a_server_serves_what_lies_in_a_bundle(bundle: Bundle) -> None:
    # As a container does it, except for the places that only a container has.
    arguments = ["--config", str(bundle.folder / "server.json"), "--host", "127.0.0.1", "--port", "0"]
    with PythonServer("mainspring.serving", [*arguments, "--grpc-port", "0"], timeout=60) as server:
        client = Client(server.url)
        status, told = client.call("POST", "/v1/models/taxi:predict", {"instances": [ROW]})
        assert status == 200
        assert told["predictions"] == ["yes"]
        client.close()


def test_a_bundle_says_what_it_holds(bundle: Bundle) -> None:
    assert bundle.versions == {"taxi": ("1.2.0",), "both": ("1",)}
    server = json.loads((bundle.folder / "server.json").read_text())
    assert server["models"]["taxi"]["batching"] == {}
    assert server["models"]["both"]["graph"]["nodes"] == {"first": {"model": "taxi"}}
    assert server["slo"]["objectives"][0]["name"] == "fast"


def test_a_class_is_brought_along(tmp_path: Path) -> None:
    (tmp_path / "double.py").write_text("class Double:\n    def predict(self, X):\n        return X\n")
    text = "deployment: d\nmodels: {double: {component: {entry: 'double.py:Double', processes: 2}}}"
    resolver = Resolver(NoModels(), Stock(tmp_path / "stock"))
    write_bundle(read(text, "d.yaml").declaration, tmp_path, resolver, tmp_path / "out")
    server = json.loads((tmp_path / "out" / "server.json").read_text())
    assert server["models"]["double"]["component"] == {
        "entry": "components/double/double.py:Double",
        "processes": 2,
    }
    assert (tmp_path / "out" / "components" / "double" / "double.py").is_file()


def test_nothing_is_written_over(bundle: Bundle, package_folder: Path, tmp_path: Path) -> None:
    declared = read("deployment: d\nmodels: {taxi: {package: package}}", "d.yaml").declaration
    resolver = Resolver(NoModels(), Stock(tmp_path / "stock"))
    with pytest.raises(ConflictError, match="not empty"):
        write_bundle(declared, package_folder.parent, resolver, bundle.folder)
