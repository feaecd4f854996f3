"""The suite of :class:`mainspring.store.ports.BlobStore`."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from mainspring.core.digests import canonical_json, digest_bytes
from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.store.ports import BlobEntry, BlobStore

BIG = bytes(range(256)) * 12_000
"""More than adapters read at once."""


class BlobSuite:
    """All promises of a blob store."""

    @pytest.fixture
    def blobs(self) -> BlobStore:
        """A fresh, empty blob store: to be given by the test class."""
        raise NotImplementedError("override the fixture `blobs`")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A folder with a small file, a big one deeper down, and an empty one."""
        folder = tmp_path / "folder"
        (folder / "sub" / "deep").mkdir(parents=True)
        (folder / "b.txt").write_bytes(b"hello")
        (folder / "sub" / "deep" / "big.bin").write_bytes(BIG)
        (folder / "sub" / "ünï 🙂").write_bytes(b"")
        return folder

    def test_bytes_come_back(self, blobs: BlobStore) -> None:
        for data in (b"", b"hello", BIG):
            digest = blobs.put_bytes(data)
            assert digest == digest_bytes(data)
            assert blobs.exists(digest)
            assert blobs.entries(digest) == [BlobEntry("", digest, len(data))]
            with blobs.open(digest) as file:
                assert file.read() == data
            assert blobs.local(digest).read_bytes() == data

    def test_equal_bytes_are_one_blob(self, blobs: BlobStore) -> None:
        assert blobs.put_bytes(b"hello") == blobs.put_bytes(b"hello")
        assert list(blobs.digests()) == [digest_bytes(b"hello")]

    def test_a_file_is_the_blob_of_its_bytes(self, blobs: BlobStore, tmp_path: Path) -> None:
        for data in (b"hello", BIG):
            file = tmp_path / "file"
            file.write_bytes(data)
            assert blobs.put(file) == digest_bytes(data)
            assert file.read_bytes() == data
            file.write_bytes(b"changed afterwards")
            assert blobs.local(digest_bytes(data)).read_bytes() == data

    def test_a_folder_is_the_blob_of_its_manifest(self, blobs: BlobStore, folder: Path) -> None:
        digest = blobs.put(folder)
        manifest = [
            ["b.txt", digest_bytes(b"hello"), 5],
            ["sub/deep/big.bin", digest_bytes(BIG), len(BIG)],
            ["sub/ünï 🙂", digest_bytes(b""), 0],
        ]
        assert digest == digest_bytes(canonical_json(manifest).encode())
        assert [[entry.path, entry.digest, entry.size] for entry in blobs.entries(digest)] == manifest
        assert blobs.exists(digest)
        assert list(blobs.digests()) == [digest]
        with blobs.open(digest, "sub/deep/big.bin") as file:
            assert file.read(3) == BIG[:3]
            assert file.read() == BIG[3:]

    def test_the_digest_knows_no_order_and_no_times(self, blobs: BlobStore, folder: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        (other / "sub" / "deep").mkdir(parents=True)
        (other / "sub" / "ünï 🙂").touch()
        (other / "sub" / "deep" / "big.bin").write_bytes(BIG)
        (other / "b.txt").write_bytes(b"hello")
        os.utime(other / "b.txt", (0, 0))
        assert blobs.put(other) == blobs.put(folder)

    def test_an_empty_folder(self, blobs: BlobStore, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        digest = blobs.put(tmp_path / "empty")
        assert blobs.entries(digest) == []
        assert list(blobs.local(digest).iterdir()) == []
        assert list(blobs.fetch(digest, tmp_path / "out").iterdir()) == []

    @pytest.mark.parametrize("move", [False, True])
    def test_a_moved_path_is_gone(self, blobs: BlobStore, folder: Path, tmp_path: Path, move: bool) -> None:
        file = tmp_path / "file"
        file.write_bytes(BIG[1:])
        assert blobs.put(file, move=move) == digest_bytes(BIG[1:])
        assert file.exists() is not move
        digest = blobs.put(folder, move=move)
        assert folder.exists() is not move
        assert (blobs.local(digest) / "sub" / "deep" / "big.bin").read_bytes() == BIG

    def test_a_local_folder_has_all_files_and_is_made_once(self, blobs: BlobStore, folder: Path) -> None:
        digest = blobs.put(folder)
        path = blobs.local(digest)
        assert (path / "b.txt").read_bytes() == b"hello"
        assert (path / "sub" / "ünï 🙂").read_bytes() == b""
        assert sorted(found.name for found in path.rglob("*")) == ["b.txt", "big.bin", "deep", "sub", "ünï 🙂"]
        assert blobs.local(digest) == path

    def test_a_fetched_blob_may_be_changed(self, blobs: BlobStore, folder: Path, tmp_path: Path) -> None:
        digest = blobs.put(folder)
        out = blobs.fetch(digest, tmp_path / "new" / "out")
        assert out == tmp_path / "new" / "out"
        (out / "b.txt").write_bytes(b"changed")
        (out / "sub" / "more").write_bytes(b"more")
        with blobs.open(digest, "b.txt") as file:
            assert file.read() == b"hello"
        single = blobs.fetch(blobs.put_bytes(BIG), tmp_path / "file")
        single.write_bytes(b"changed")
        assert blobs.local(digest_bytes(BIG)).read_bytes() == BIG

    def test_nothing_is_overwritten(self, blobs: BlobStore, tmp_path: Path) -> None:
        digest = blobs.put_bytes(b"hello")
        (tmp_path / "there").write_bytes(b"precious")
        with pytest.raises(ConflictError, match="there"):
            blobs.fetch(digest, tmp_path / "there")
        assert (tmp_path / "there").read_bytes() == b"precious"

    def test_what_is_not_there(self, blobs: BlobStore, folder: Path, tmp_path: Path) -> None:
        absent = digest_bytes(b"absent")
        assert not blobs.exists(absent)
        for ask in (blobs.entries, blobs.local, lambda digest: blobs.fetch(digest, tmp_path / "out")):
            with pytest.raises(NotFoundError, match=absent):
                ask(absent)
        with pytest.raises(NotFoundError, match=absent), blobs.open(absent):
            pass
        with pytest.raises(NotFoundError, match=r"b\.txt"), blobs.open(blobs.put(folder), "other"):
            pass
        with pytest.raises(NotFoundError, match="nowhere"):
            blobs.put(tmp_path / "nowhere")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        "digest", ["", "sha256:xyz", "../../etc/passwd", "sha256:" + "A" * 64, "md5:" + "0" * 64]
    )
    def test_what_is_no_digest(self, blobs: BlobStore, digest: str) -> None:
        for ask in (blobs.exists, blobs.entries, blobs.local):
            with pytest.raises(InputError, match="digest"):
                ask(digest)

    def test_a_link_to_a_folder_is_refused(self, blobs: BlobStore, folder: Path) -> None:
        (folder / "loop").symlink_to(folder)
        with pytest.raises(InputError, match="loop"):
            blobs.put(folder)
        assert list(blobs.digests()) == []

    def test_a_link_to_a_file_is_that_file(self, blobs: BlobStore, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "target").write_bytes(b"target")
        (folder / "link").symlink_to(tmp_path / "target")
        digest = blobs.put(folder)
        assert digest_bytes(b"target") in [entry.digest for entry in blobs.entries(digest)]
        out = blobs.fetch(digest, tmp_path / "out")
        assert not (out / "link").is_symlink()

    def test_rubbish_is_collected_and_the_rest_stays(self, blobs: BlobStore, folder: Path, tmp_path: Path) -> None:
        kept = blobs.put(folder)
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "shared").write_bytes(b"hello")
        (tmp_path / "other" / "own").write_bytes(b"own")
        gone = [blobs.put(tmp_path / "other"), blobs.put_bytes(b"single"), blobs.put_bytes(BIG)]
        blobs.local(gone[0])
        time.sleep(0.02)
        assert sorted(blobs.collect({kept}, older_than=0, dry_run=True)) == sorted(gone)
        assert all(blobs.exists(digest) for digest in gone)
        assert sorted(blobs.collect({kept}, older_than=0)) == sorted(gone)
        assert list(blobs.digests()) == [kept]
        assert not blobs.exists(digest_bytes(b"own"))
        assert not blobs.exists(digest_bytes(b"single"))
        assert blobs.exists(kept), "parts that a kept folder needs stay"
        assert (blobs.local(kept) / "sub" / "deep" / "big.bin").read_bytes() == BIG
        assert blobs.collect({kept}, older_than=0) == []
        assert blobs.put(tmp_path / "other") == gone[0]
        assert (blobs.local(gone[0]) / "own").read_bytes() == b"own"

    def test_young_blobs_are_not_collected(self, blobs: BlobStore, folder: Path) -> None:
        digests = {blobs.put(folder), blobs.put_bytes(b"single")}
        assert blobs.collect(set(), older_than=60) == []
        assert set(blobs.digests()) == digests

    def test_putting_again_makes_young(self, blobs: BlobStore, folder: Path) -> None:
        first = {blobs.put(folder), blobs.put_bytes(b"single")}
        time.sleep(0.3)
        assert {blobs.put(folder), blobs.put_bytes(b"single")} == first
        assert blobs.collect(set(), older_than=0.25) == []

    def test_putting_and_collecting_at_once(self, blobs: BlobStore, tmp_path: Path) -> None:
        """A put that came back is there, however hard others collect the same content meanwhile."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def collect() -> None:
            while not stop.is_set():
                blobs.collect(set(), older_than=0.2)

        def put(number: int) -> None:
            try:
                source = tmp_path / f"source{number}"
                source.mkdir()
                (source / "own").write_bytes(str(number).encode())
                (source / "shared").write_bytes(b"shared")
                for _ in range(20):
                    digest = blobs.put(source)
                    single = blobs.put_bytes(b"shared")
                    assert (blobs.local(digest) / "shared").read_bytes() == b"shared"
                    assert blobs.exists(single)
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=put, args=(number,)) for number in range(3)]
        collector = threading.Thread(target=collect)
        collector.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stop.set()
        collector.join()
        assert failures == []
