"""A deployment as manifests for Kubernetes, and for KServe.

Specifications: the Kubernetes API (apps/v1, v1, autoscaling/v2, policy/v1), the Prometheus operator's
ServiceMonitor (monitoring.coreos.com/v1), KServe's InferenceService (serving.kserve.io/v1beta1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mainspring.serving.deploying.declaration import Declaration
from mainspring.serving.exporting.bundle import PORT, RPC_PORT

Manifest: TypeAlias = dict[str, Any]

BUSY_PERCENT = 70
"""How busy the processors of replicas are, in percent of what they ask for, before there are more of them."""

GRACE_SECONDS = 45
"""What a replica is given to finish: the server's own drain (5) and grace (30), and some."""

_USER = 10001
_LOG, _SHARED, _SCRATCH = "/log", "/dev/shm", "/tmp"  # noqa: S108  places in a container of its own


def kubernetes(
    declaration: Declaration, *, image: str, namespace: str = "", digest: str = "", monitor: bool = True
) -> list[Manifest]:
    """The manifests of a deployment whose image holds the server and its models.

    Rolling updates take no replica away before another is ready; a replica is sent no requests before its models
    have answered, and none after it was told to stop.

    Args:
        declaration: The deployment.
        image: Its image, such as ``registry.example/fares:3``.
        namespace: Where it goes; by default wherever it is applied.
        digest: Of what it serves, by content: an annotation, so that another content is another rollout.
        monitor: Whether a ServiceMonitor is among them, which needs the Prometheus operator.

    Returns:
        A Deployment and a Service; a HorizontalPodAutoscaler if there may be more replicas under load; a
        PodDisruptionBudget if there is more than one; a ServiceMonitor.
    """
    name, resources = name_of(declaration), declaration.resources
    most = resources.most_replicas or resources.replicas
    scaled = most > resources.replicas

    def made(api: str, kind: str, spec: Manifest) -> Manifest:
        meta: Manifest = {"name": name, "labels": _labels(name)}
        if namespace:
            meta["namespace"] = namespace
        return {"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec}

    deployment: Manifest = {
        "selector": {"matchLabels": _selector(name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {
                "labels": _labels(name),
                **({"annotations": {"mainspring.dev/digest": digest}} if digest else {}),
            },
            "spec": _pod(declaration, image),
        },
    }
    if not scaled:  # else their number is the autoscaler's
        deployment["replicas"] = resources.replicas
    ports = [_service_port("http", PORT), _service_port("grpc", RPC_PORT)]
    found = [
        made("apps/v1", "Deployment", deployment),
        made("v1", "Service", {"selector": _selector(name), "ports": ports}),
    ]
    if scaled:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        busy = {"type": "Utilization", "averageUtilization": BUSY_PERCENT}
        spec = {
            "scaleTargetRef": target,
            "minReplicas": resources.replicas,
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": busy}}],
        }
        found.append(made("autoscaling/v2", "HorizontalPodAutoscaler", spec))
    if resources.replicas > 1:
        budget = {"maxUnavailable": 1, "selector": {"matchLabels": _selector(name)}}
        found.append(made("policy/v1", "PodDisruptionBudget", budget))
    if monitor:
        watch = {
            "selector": {"matchLabels": _selector(name)},
            "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
        }
        found.append(made("monitoring.coreos.com/v1", "ServiceMonitor", watch))
    return found


def inference_service(declaration: Declaration, *, image: str, namespace: str = "", digest: str = "") -> Manifest:
    """The InferenceService of KServe for a deployment whose image holds the server and its models.

    KServe sends one port of the container its requests: HTTP, in the Open Inference Protocol and KServe's first.

    Args:
        declaration: The deployment.
        image: Its image.
        namespace: Where it goes; by default wherever it is applied.
        digest: Of what it serves, by content.
    """
    name, resources = name_of(declaration), declaration.resources
    pod = _pod(declaration, image)
    container = pod["containers"][0]
    container["ports"] = [{"containerPort": PORT, "protocol": "TCP"}]
    meta: Manifest = {"name": name, "labels": _labels(name)}
    if namespace:
        meta["namespace"] = namespace
    if digest:
        meta["annotations"] = {"mainspring.dev/digest": digest}
    predictor = {
        "minReplicas": resources.replicas,
        "maxReplicas": resources.most_replicas or resources.replicas,
        **pod,
    }
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": meta,
        "spec": {"predictor": predictor},
    }


def name_of(declaration: Declaration) -> str:
    """The name of a deployment as Kubernetes allows it (RFC 1123): small letters, digits and dashes."""
    plain = "".join(one if one.isascii() and one.isalnum() else "-" for one in declaration.deployment.lower())
    return plain[:50].strip("-")


def _pod(declaration: Declaration, image: str) -> Manifest:
    resources = declaration.resources
    given = {key: value for key, value in (("cpu", resources.cpu), ("memory", resources.memory)) if value}
    container: Manifest = {
        "name": "server",
        "image": image,
        "ports": [{"name": "http", "containerPort": PORT}, {"name": "grpc", "containerPort": RPC_PORT}],
        "startupProbe": _probe("/v2/health/ready", period=2, failures=150),
        "readinessProbe": _probe("/v2/health/ready", period=2, failures=1),
        "livenessProbe": _probe("/v2/health/live", period=10, failures=3),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "log", "mountPath": _LOG},
            {"name": "shared-memory", "mountPath": _SHARED},
            {"name": "scratch", "mountPath": _SCRATCH},
        ],
    }
    if given:
        # Memory is never given twice; processors that nobody uses may be used.
        limits = {"memory": given["memory"]} if "memory" in given else {}
        container["resources"] = {"requests": given, **({"limits": limits} if limits else {})}
    return {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "log", "emptyDir": {}},
            {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
            {"name": "scratch", "emptyDir": {}},
        ],
    }


def _labels(name: str) -> Mapping[str, str]:
    return {**_selector(name), "app.kubernetes.io/managed-by": "mainspring"}


def _selector(name: str) -> Mapping[str, str]:
    return {"app.kubernetes.io/name": "mainspring-serving", "app.kubernetes.io/instance": name}


def _service_port(name: str, port: int) -> Manifest:
    return {
        "name": name,
        "port": port,
        "targetPort": name,
        "appProtocol": "http" if name == "http" else "kubernetes.io/h2c",
    }


def _probe(path: str, *, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": PORT},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }
