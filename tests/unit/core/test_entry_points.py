"""Entry points are those that the standard library finds."""

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from mainspring.core.entry_points import entry_points


def install(folder: Path, name: str, text: str, version: str = "1.0") -> None:
    """Lay out a distribution as pip would."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(text)


def expected(group: str) -> list[tuple[str, str]]:
    """What the standard library finds, without extras."""
    return sorted((one.name, one.value.partition("[")[0].strip()) for one in metadata.entry_points(group=group))


@pytest.mark.parametrize("group", ["mainspring", "console_scripts", "pytest11", "hypothesis", "no.such.group"])
def test_it_finds_what_the_standard_library_finds(group: str) -> None:
    assert sorted(entry_points(group)) == expected(group)


def test_in_folders_of_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(
        tmp_path / "a",
        "one",
        "[other]\nx = y\n[mine]\n# a comment\nfirst = one.mod\nsecond=one.mod:thing [extra]\n\n[z]\na = b\n",
    )
    install(tmp_path / "b", "One", "[mine]\nhidden = one.mod\n", version="2.0")
    install(tmp_path / "b", "two_three", "[ mine ]\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "gone"), str(tmp_path / "b"), *sys.path])
    assert sorted(entry_points("mine")) == [("first", "one.mod"), ("second", "one.mod:thing")] == expected("mine")


def test_extras_are_left_out_the_long_way_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
        archive.writestr("one-1.0.dist-info/entry_points.txt", "[mine]\nfirst = one.mod:thing [extra]\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a.zip"), *sys.path])
    assert entry_points("mine") == [("first", "one.mod:thing")]


def test_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
        archive.writestr("one-1.0.dist-info/entry_points.txt", "[mine]\nfirst = one.mod\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a.zip"), *sys.path])
    assert entry_points("mine") == [("first", "one.mod")]


def test_the_usual_way_imports_little() -> None:
    program = (
        "import sys\nfrom mainspring.core.entry_points import entry_points\nassert entry_points('mainspring')\n"
        "assert not {'importlib.metadata', 'email', 'zipfile', 'csv'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
