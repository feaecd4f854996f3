"""A bundle as an image: the layout of the OCI specification, and a Dockerfile."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from mainspring.serving.exporting import Bundle, write_dockerfile, write_layout


def blob(layout: Path, told: dict[str, object]) -> bytes:
    digest = str(told["digest"]).removeprefix("sha256:")
    content = (layout / "blobs" / "sha256" / digest).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert len(content) == told["size"]
    return content


def test_every_part_of_a_layout_is_what_its_digest_says(bundle: Bundle, tmp_path: Path) -> None:
    digest = write_layout(bundle, tmp_path / "image", tag="1.0")
    layout = tmp_path / "image"
    assert json.loads((layout / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    [entry] = json.loads((layout / "index.json").read_bytes())["manifests"]
    assert entry["digest"] == digest
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "1.0"}
    manifest = json.loads(blob(layout, entry))
    assert manifest["schemaVersion"] == 2
    config = json.loads(blob(layout, manifest["config"]))
    [layer] = manifest["layers"]
    plain = gzip.decompress(blob(layout, layer))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(plain).hexdigest()}"]
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        names = tar.getnames()
    assert "srv/mainspring/server.json" in names
    assert "srv/mainspring/models/taxi/1.2.0/model.onnx" in names


def test_the_same_bundle_gives_the_same_image(bundle: Bundle, tmp_path: Path) -> None:
    first = write_layout(bundle, tmp_path / "a")
    write_dockerfile(bundle)  # is no part of it
    assert write_layout(bundle, tmp_path / "b") == first


def test_a_dockerfile_names_the_deployment_and_its_content(bundle: Bundle) -> None:
    text = write_dockerfile(bundle).read_text()
    assert "docker build -t Fares_2 ." in text
    assert f'dev.mainspring.digest="{bundle.digest}"' in text
    assert "mainspring[uvloop,grpc]==" in text
