"""A real repository: its branch is followed, and nothing in it is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.deploying.git import GitSource, git_source


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "deployments").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "one")
    return folder


def commit(folder: Path, text: str) -> str:
    (folder / "deployments/a.yaml").write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", f"Say {text}")
    return git(folder, "rev-parse", "HEAD")


def test_every_commit_is_seen_once_with_its_author(repository: Path, tmp_path: Path) -> None:
    source = git_source(f"git+{repository}#main:deployments", tmp_path / "home")
    found = source.look()
    assert found is not None
    assert (found.by, found.reason, found.commit) == (
        "Ada <ada@example.org>",
        "Say one",
        git(repository, "rev-parse", "HEAD"),
    )
    assert [(one.name, one.text) for one in found.files] == [("deployments/a.yaml", "one")]
    assert source.look() is None
    commit(repository, "two")
    found = source.look()
    assert found is not None
    assert [one.text for one in found.files] == ["two"]
    git(repository, "revert", "--no-edit", "HEAD")
    back = source.look()
    assert back is not None
    assert [one.text for one in back.files] == ["one"]


def test_the_same_files_lie_in_the_same_place_whatever_the_commit(repository: Path, tmp_path: Path) -> None:
    source = GitSource(str(repository), folder="deployments", home=tmp_path / "home")
    first = source.look()
    (repository / "README").write_text("else")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "Say something else")
    second = source.look()
    assert first is not None
    assert second is not None
    assert second.files == first.files
    assert second.digest != first.digest


def test_nothing_in_a_repository_is_run_and_no_link_leads_out_of_it(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-auto-gc"):
        file = repository / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ntouch {mark}\n")
        file.chmod(0o755)
    secret = tmp_path / "secret.yaml"
    secret.write_text("deployment: secret")
    (repository / "deployments/link.yaml").symlink_to(secret)
    (repository / ".gitattributes").write_text("*.yaml filter=evil\n")
    git(repository, "config", "filter.evil.smudge", f"touch {mark}")
    git(repository, "-c", "core.hooksPath=/dev/null", "add", "--all")
    git(repository, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "Try it")
    mark.unlink(missing_ok=True)
    found = GitSource(str(repository), folder="deployments", home=tmp_path / "home").look()
    assert found is not None
    assert not mark.exists()
    texts = {one.name: one.text for one in found.files}
    assert texts["deployments/link.yaml"] == str(secret)  # where it leads, not what lies there


def test_a_copy_that_is_broken_is_made_anew(repository: Path, tmp_path: Path) -> None:
    source = GitSource(str(repository), folder="deployments", home=tmp_path / "home")
    source.look()
    [bare] = (tmp_path / "home").glob("*/repository.git")
    for number, harm in enumerate(
        (
            lambda: (bare / "shallow.lock").touch(),
            lambda: shutil.rmtree(bare / "objects"),
            lambda: (bare / "HEAD").write_text(""),
            lambda: shutil.rmtree(bare),
        )
    ):
        harm()
        commit(repository, f"text {number}")
        found = source.look()
        assert found is not None
        assert [one.text for one in found.files] == [f"text {number}"]


def test_history_that_is_written_anew_is_followed_and_what_is_gone_leaves_things_as_they_are(
    repository: Path, tmp_path: Path
) -> None:
    source = GitSource(str(repository), branch="main", folder="deployments", home=tmp_path / "home")
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, "two")
    source.look()
    git(repository, "reset", "--quiet", "--hard", first)
    pushed = commit(repository, "pushed by force")
    found = source.look()
    assert found is not None
    assert found.commit == pushed
    git(repository, "checkout", "--quiet", "--detach", first)
    assert source.look() is None
    git(repository, "branch", "-m", "main", "other")
    for _ in range(2):
        with pytest.raises(NotFoundError, match="no branch 'main'"):
            source.look()
    git(repository, "branch", "-m", "other", "main")
    assert source.look() is None
    git(repository, "checkout", "--quiet", "main")
    git(repository, "rm", "--quiet", "-r", "deployments")
    (repository / "deployments").write_text("a file")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "Not a folder any more")
    for _ in range(2):
        with pytest.raises(NotFoundError, match="no folder 'deployments'"):
            source.look()


def test_a_file_that_is_no_text_is_there_and_says_so_and_no_terminal_obeys_an_author(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "deployments/a.yaml").write_bytes(b"\xff\xfe\x00")
    git(repository, "add", "--all")
    command = ["git", "-C", str(repository), "-c", "user.name=\x1b[31mEve", "-c", "user.email=e", "commit", "-qm"]
    subprocess.run([*command, "Red\x1b[2J"], check=True)
    found = GitSource(str(repository), folder="deployments", home=tmp_path / "home").look()
    assert found is not None
    assert found.by == "[31mEve <e>"
    assert found.reason == "Red [2J"
    [file] = found.files
    assert (file.name, file.text) == ("deployments/a.yaml", "")
    assert "it is no text" in file.wrong


def test_what_cannot_be_followed_says_why(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(NotFoundError, match="no branch 'gone'"):
        GitSource(str(repository), branch="gone", home=home).look()
    with pytest.raises(NotFoundError, match="no folder 'gone'"):
        GitSource(str(repository), folder="gone", home=home).look()
    with pytest.raises(UnavailableError, match="does not answer"):
        GitSource(str(tmp_path / "nowhere"), home=home).look()
    with pytest.raises(InputError, match="leads out"):
        GitSource(str(repository), folder="../x", home=home)
    with pytest.raises(InputError, match="an option"):
        GitSource("--upload-pack=touch x", home=home)
    with pytest.raises(InputError, match="no git repository"):
        git_source("somewhere", home)


def test_a_login_in_an_address_is_not_told(tmp_path: Path) -> None:
    source = git_source("git+https://ann:secret@example.org/x.git#main", tmp_path)
    assert source.name == "git+https://example.org/x.git#main:"
