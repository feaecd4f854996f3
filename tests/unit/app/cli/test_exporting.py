"""``mainspring export``, as a person calls it."""

import json
from pathlib import Path

import pytest
import yaml

from mainspring.app.cli.main import main

DOUBLE = "class Double:\n    def predict(self, X):\n        return X\n"


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "double.py").write_text(DOUBLE)
    file = tmp_path / "double.yaml"
    file.write_text(
        "deployment: double\nmodels: {double: {component: {entry: 'double.py:Double'}}}\n"
        "resources: {replicas: 2}\n"
    )
    return file


def test_an_image_of_a_deployment(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "image", str(deployment), "--out", "image", "--layout", "oci", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == {"double": ["1"]}
    assert told["layout"]["digest"].startswith("sha256:")
    assert Path("image/Dockerfile").is_file()
    assert Path("image/components/double/double.py").read_text() == DOUBLE
    assert Path("oci/oci-layout").is_file()


def test_a_folder_with_something_in_it_stays_as_it_is(
    deployment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "image", str(deployment), "--out", "."]) != 0
    assert "not empty" in capsys.readouterr().err


def test_manifests_of_a_deployment(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "kubernetes", str(deployment), "--image", "here/double:1"]
    assert main(arguments) == 0
    found = {one["kind"]: one for one in yaml.safe_load_all(capsys.readouterr().out)}
    assert set(found) == {"Deployment", "Service", "PodDisruptionBudget", "ServiceMonitor"}
    assert main([*arguments, "--kserve", "--out", "service.yaml"]) == 0
    assert "InferenceService" in capsys.readouterr().out
    [service] = yaml.safe_load_all(Path("service.yaml").read_text())
    assert service["spec"]["predictor"]["containers"][0]["image"] == "here/double:1"


def test_a_broken_file_is_told_with_its_line(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.write_text("deployment: double\nmodels: {double: {packige: x}}\n")
    assert main(["export", "kubernetes", str(deployment), "--image", "x"]) != 0
    told = capsys.readouterr().err
    assert "double.yaml" in told
    assert "packige" in told
