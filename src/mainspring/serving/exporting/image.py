"""A bundle as what container tools take: a folder with a Dockerfile, or an OCI image layout.

Specification: https://github.com/opencontainers/image-spec (1.1).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from mainspring.serving.exporting.bundle import PORT, RPC_PORT, SERVER, Bundle

PLACE: Final = "srv/mainspring"
"""Where a bundle lies in an image."""

_OCI: Final = "application/vnd.oci.image"

DOCKERFILE: Final = f"""\
# The deployment {{name}} as an image. From this folder:
#
#   docker build -t {{name}} .
#   docker run -p {PORT}:{PORT} -p {RPC_PORT}:{RPC_PORT} --shm-size 256m -v {{name}}-log:/log {{name}}
#
# The log keeps up to 70 MB in shared memory, of which a container has 64 MB: see --shm-size above.
FROM python:3.12-slim
# LightGBM's wheel needs the OpenMP runtime of the system.
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends libgomp1 \\
 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir 'mainspring[uvloop,grpc]=={{release}}'
RUN useradd --uid 10001 --no-create-home mainspring && install -d -o mainspring /log
COPY . /{PLACE}
USER 10001
ENV OMP_WAIT_POLICY=PASSIVE
EXPOSE {PORT} {RPC_PORT}
STOPSIGNAL SIGTERM
LABEL org.opencontainers.image.title="{{name}}" dev.mainspring.digest="{{digest}}"
ENTRYPOINT ["python", "-m", "mainspring.serving", "--config", "/{PLACE}/{SERVER}", "--host", "0.0.0.0"]
CMD ["--log", "/log"]
"""


def write_dockerfile(bundle: Bundle) -> Path:
    """Write the ``Dockerfile`` of a bundle into its folder."""
    path = bundle.folder / "Dockerfile"
    path.write_text(
        DOCKERFILE.format(name=bundle.name, digest=bundle.digest, release=version("mainspring")), encoding="utf-8"
    )
    (bundle.folder / ".dockerignore").write_text("Dockerfile\n.dockerignore\n", encoding="utf-8")
    return path


def write_layout(bundle: Bundle, folder: Path, *, tag: str = "latest") -> str:
    """Write a bundle as an OCI image layout with one layer, and give the digest of its manifest.

    The image has no program: it is what a server mounts (an image volume of Kubernetes) or another image is built
    upon. The same bundle gives the same bytes.

    Args:
        bundle: What it holds.
        folder: Where to.
        tag: Its name in the layout.
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(content: bytes, kind: str, **more: Any) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"{_OCI}.{kind}", "digest": f"sha256:{digest}", "size": len(content), **more}

    plain = _tar(bundle.folder)
    layer = put(gzip.compress(plain, mtime=0), "layer.v1.tar+gzip")
    labels = {"org.opencontainers.image.title": bundle.name, "dev.mainspring.digest": bundle.digest}
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": put(_json(config), "config.v1+json"),
        "layers": [layer],
        "annotations": labels,
    }
    told = put(_json(manifest), "manifest.v1+json", annotations={"org.opencontainers.image.ref.name": tag})
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": [told]}
    (folder / "index.json").write_bytes(_json(index))
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return str(told["digest"])


def _tar(source: Path) -> bytes:
    """A folder as a tar file that says nothing of when and by whom it was made."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(source.rglob("*")):
            if path.name in ("Dockerfile", ".dockerignore"):
                continue
            entry = tarfile.TarInfo(f"{PLACE}/{path.relative_to(source).as_posix()}")
            if path.is_dir():
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
                continue
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(entry, file)
    return made.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
