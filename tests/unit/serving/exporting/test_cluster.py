"""Manifests; whether clusters take them is asked of the schemas that their makers publish."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mainspring.serving.deploying.reading import read
from mainspring.serving.exporting import inference_service, kubernetes
from mainspring.serving.exporting.cluster import name_of

FILE = "deployment: Fares_2\nmodels: {taxi: {package: package}}\nresources: "
SCALED = "{replicas: 2, most_replicas: 5, cpu: 500m, memory: 512Mi}"
NEEDED = (
    "kubernetes-validate==1.37.0",
    "cloudcoil-models-prometheus-operator==0.80.1.0",
    "kserve==0.21.0",
    "kubernetes==31.0.0",
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mainspring-tests"

VALIDATE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import kubernetes_validate
from cloudcoil.models.prometheus_operator.v1 import ServiceMonitor
from kserve import V1beta1InferenceService
from kubernetes.client import ApiClient

class Given:
    def __init__(self, value):
        self.data = json.dumps(value)

for one in json.load(sys.stdin):
    if one["kind"] == "ServiceMonitor":
        assert ServiceMonitor.model_validate(one).spec.endpoints[0].path == "/metrics"
    elif one["kind"] == "InferenceService":
        import kserve.models, kubernetes.client.models
        for name in dir(kserve.models):
            setattr(kubernetes.client.models, name, getattr(kserve.models, name))
        client = ApiClient()
        made = client.deserialize(Given(one), "V1beta1InferenceService")
        assert made.spec.predictor.containers[0].image, "no container"
        back = client.sanitize_for_serialization(made)
        assert back == one, (back, one)
    else:
        for version in ("1.27", "1.32", "1.37"):
            kubernetes_validate.validate(one, version, strict=True)
    print(one["kind"])
"""


def manifests(resources: str = SCALED) -> dict[str, Any]:
    declared = read(FILE + resources, "fares.yaml").declaration
    found = kubernetes(declared, image="registry.example/fares:3", namespace="ml", digest="abc")
    return {one["kind"]: one for one in found}


def test_what_scales_has_no_number_of_replicas_of_its_own() -> None:
    found = manifests()
    assert "replicas" not in found["Deployment"]["spec"]
    scaler = found["HorizontalPodAutoscaler"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 5)
    assert scaler["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"] == "fares-2"
    assert found["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_what_does_not_scale_has_no_scaler() -> None:
    found = manifests("{}")
    assert set(found) == {"Deployment", "Service", "ServiceMonitor"}
    assert found["Deployment"]["spec"]["replicas"] == 1
    [container] = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert "resources" not in container


def test_everything_selects_the_same_replicas() -> None:
    found = manifests()
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        found["Deployment"]["spec"]["selector"]["matchLabels"],
        found["Service"]["spec"]["selector"],
        found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    assert (
        found["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items()
        <= found["Service"]["metadata"]["labels"].items()
    )
    ports = {one["name"] for one in found["Service"]["spec"]["ports"]}
    assert found["ServiceMonitor"]["spec"]["endpoints"][0]["port"] in ports


def test_a_replica_is_asked_only_when_its_models_have_answered() -> None:
    [container] = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    paths = {name: container[name]["httpGet"]["path"] for name in container if name.endswith("Probe")}
    assert paths == {
        "startupProbe": "/v2/health/ready",
        "readinessProbe": "/v2/health/ready",
        "livenessProbe": "/v2/health/live",
    }
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "512Mi"},
        "limits": {"memory": "512Mi"},
    }


@pytest.mark.parametrize(("given", "name"), [("Fares_2", "fares-2"), ("a.b", "a-b"), ("X" * 80, "x" * 50)])
def test_names_are_those_that_clusters_allow(given: str, name: str) -> None:
    declared = read(f"deployment: {given}\nmodels: {{taxi: {{package: package}}}}", "f.yaml").declaration
    assert name_of(declared) == name


@pytest.mark.slow
@pytest.mark.parametrize("resources", ["{}", SCALED])
def test_published_schemas_accept_them(resources: str) -> None:
    declared = read(FILE + resources, "fares.yaml").declaration
    given = [*manifests(resources).values(), inference_service(declared, image="registry.example/fares:3")]
    told = subprocess.run(
        [_python(), "-c", VALIDATE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == [one["kind"] for one in given]


def _python() -> str:
    """An environment with the schemas, which take a hundred megabytes; made at first, and kept."""
    folder = CACHE / "kubernetes"
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"the schemas cannot be installed here: {done.stderr[-200:]}")
        (folder / "ready").touch()
    return str(python)
