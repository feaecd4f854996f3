from __future__ import annotations

import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mainspring.core.digests import digest_bytes
from mainspring.core.errors import InputError, IntegrityError
from mainspring.store.adapters.local_blobs import LocalBlobs, open_blobs

BIG = bytes(range(256)) * 12_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(root: Path) -> LocalBlobs:
    return LocalBlobs(root)


def stored(root: Path, digest: str, shelf: str = "files") -> Path:
    key = digest.removeprefix("sha256:")
    return root / shelf / key[:2] / key


def damage(path: Path, data: bytes) -> None:
    """Change a file as a failing disk would: the same length, and a time that may have changed or not."""
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "sub").mkdir(parents=True)
    (made / "small").write_bytes(b"small")
    (made / "sub" / "big").write_bytes(BIG)
    return made


@pytest.mark.parametrize("data", [b"hello", BIG])
def test_damaged_bytes_never_reach_the_caller(blobs: LocalBlobs, root: Path, tmp_path: Path, data: bytes) -> None:
    digest = blobs.put_bytes(data)
    assert blobs.local(digest).read_bytes() == data
    damage(stored(root, digest), data[:-1] + b"?")
    with pytest.raises(IntegrityError, match=digest):
        blobs.local(digest)
    with pytest.raises(IntegrityError, match=digest), blobs.open(digest):
        pass
    with pytest.raises(IntegrityError, match=digest):
        blobs.fetch(digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["blobs"]


def test_damage_within_a_folder_is_noticed(blobs: LocalBlobs, root: Path, folder: Path, tmp_path: Path) -> None:
    digest = blobs.put(folder)
    blobs.local(digest)
    damage(stored(root, digest_bytes(BIG)), BIG[1:] + b"?")
    with pytest.raises(IntegrityError, match=digest_bytes(BIG)):
        blobs.local(digest)
    with pytest.raises(IntegrityError):
        blobs.fetch(digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_manifest_is_noticed(blobs: LocalBlobs, root: Path, folder: Path) -> None:
    digest = blobs.put(folder)
    path = stored(root, digest, "folders")
    damage(path, path.read_bytes().replace(b"small", b"smell"))
    with pytest.raises(IntegrityError, match=digest):
        blobs.entries(digest)


def test_a_laid_out_folder_that_somebody_changed_is_made_again(blobs: LocalBlobs, folder: Path) -> None:
    digest = blobs.put(folder)
    path = blobs.local(digest)
    (path / "extra").write_bytes(b"extra")
    (path / "small").unlink()
    (path / "small").write_bytes(b"SMALL")
    assert blobs.local(digest) == path
    assert (path / "small").read_bytes() == b"small"
    assert sorted(found.name for found in path.rglob("*")) == ["big", "small", "sub"]


def test_a_file_that_was_cut_short_is_healed_by_putting_it_again(blobs: LocalBlobs, root: Path) -> None:
    digest = blobs.put_bytes(BIG)
    damage(stored(root, digest), BIG[:100])
    assert blobs.put_bytes(BIG) == digest
    assert blobs.local(digest).read_bytes() == BIG


def test_a_manifest_that_leads_out_of_the_folder_is_refused(blobs: LocalBlobs, root: Path, tmp_path: Path) -> None:
    part = blobs.put_bytes(b"evil")
    for path in ("../evil", "/evil", "a/../../evil", "a//b", "./a", ""):
        data = json.dumps([[path, part, 4]], separators=(",", ":")).encode()
        manifest = stored(root, digest_bytes(data), "folders")
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_bytes(data)
        with pytest.raises(IntegrityError, match="path"):
            blobs.fetch(digest_bytes(data), tmp_path / "out")


def test_equal_files_are_kept_once(blobs: LocalBlobs, root: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shared").write_bytes(BIG)
        (tmp_path / name / "own").write_bytes(name.encode())
        blobs.put(tmp_path / name)
    blobs.put_bytes(BIG)
    inodes = {path.stat().st_ino for path in root.rglob("*") if path.is_file() and path.stat().st_size == len(BIG)}
    assert len(inodes) == 1


def test_what_is_stored_is_read_only(blobs: LocalBlobs, root: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "moved").write_bytes(BIG[5:])
    digests = [blobs.put_bytes(b"x"), blobs.put(tmp_path / "moved", move=True)]
    blobs.put(folder)
    for path in [stored(root, digest) for digest in (*digests, digest_bytes(BIG), digest_bytes(b"small"))]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


def test_repeated_reads_do_not_hash_again(blobs: LocalBlobs, root: Path) -> None:
    """Damage that keeps size, time and place on the disk goes unnoticed by the same process, and by it alone."""
    digest = blobs.put_bytes(BIG)
    path = blobs.local(digest)
    before = path.stat()
    damage(path, BIG[:-1] + b"?")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert blobs.local(digest) == path
    with pytest.raises(IntegrityError):
        LocalBlobs(root).local(digest)


def test_what_a_killed_process_left_is_collected(blobs: LocalBlobs, root: Path) -> None:
    kept = blobs.put_bytes(b"kept")
    (root / "tmp" / "123-456-0").write_bytes(b"half")
    (root / "tmp" / "123-456-1").mkdir()
    (root / "tmp" / "123-456-1" / "file").write_bytes(b"half a folder")
    orphan = stored(root, digest_bytes(b"a part whose manifest never came"))
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"a part whose manifest never came")
    assert list(blobs.digests()) == [kept]
    assert blobs.collect({kept}, older_than=3600) == []
    assert len(list((root / "tmp").iterdir())) == 2, "young: somebody may be at work"
    assert not orphan.exists()
    assert blobs.collect({kept}, older_than=-1) == []
    assert list((root / "tmp").iterdir()) == []
    assert blobs.exists(kept)


@pytest.mark.parametrize("url", ["", "file:", "file:///tmp/x?color=red", "file:///tmp/x?fsync=perhaps"])
def test_urls_that_name_no_folder(url: str) -> None:
    with pytest.raises(InputError, match="blob folder"):
        open_blobs(url)


def test_paths_and_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digest = open_blobs("odd ?name").put_bytes(b"x")
    assert open_blobs(f"file://{tmp_path}/odd%20%3Fname").exists(digest)


def test_a_blob_store_can_be_sent_to_another_process(blobs: LocalBlobs) -> None:
    digest = blobs.put_bytes(b"x")
    assert pickle.loads(pickle.dumps(blobs)).exists(digest)


WRITER = """
import os, sys, itertools
from pathlib import Path
from mainspring.store.adapters.local_blobs import open_blobs
blobs, source = open_blobs(sys.argv[1]), Path(sys.argv[2])
for number in itertools.count():
    folder = source / str(number)
    folder.mkdir(parents=True)
    for name in "abc":
        (folder / name).write_bytes(f"{name} {number} ".encode() * 100_000)
    print(blobs.put(folder, move=number % 2 == 0), flush=True)
    print(blobs.put_bytes(str(number).encode()), flush=True)
"""


def test_a_killed_writer_leaves_whole_blobs_or_none(blobs: LocalBlobs, root: Path, tmp_path: Path) -> None:
    for number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), str(tmp_path / f"source{number}")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        confirmed = [process.stdout.readline().strip() for _ in range(4 + number)]
        time.sleep(0.004 * number)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        for digest in confirmed:
            assert blobs.exists(digest)
    for digest in list(blobs.digests()):
        assert blobs.exists(digest)
        blobs.local(digest)
    kept = set(blobs.digests())
    assert blobs.collect(kept, older_than=-1) == []
    for digest in kept:
        blobs.local(digest)


def test_many_threads_put_and_lay_out_the_same(blobs: LocalBlobs, folder: Path) -> None:
    found: list[tuple[str, bytes]] = []

    def work() -> None:
        for _ in range(10):
            digest = blobs.put(folder)
            found.append((digest, (blobs.local(digest) / "sub" / "big").read_bytes()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert set(found) == {(found[0][0], BIG)}
