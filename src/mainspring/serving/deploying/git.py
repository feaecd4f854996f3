"""Deployment files in a git repository: a branch is followed, and nothing that lies in it is run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.deploying.sources import Snapshot, files_of

PREFIX = "git+"
"""What a source that is a git repository begins with."""

_SOURCE = re.compile(r"^git\+(?P<location>[^#]+?)(?:#(?P<branch>[^:#]*)(?::(?P<folder>[^#]*))?)?$")
_COMMIT = re.compile(r"^[0-9a-f]{40,64}$")
_SECONDS = 60.0
_KEPT_TREES = 20
_BARE = "repository.git"
_SAFE = (
    # No hook, no filter of the repository's choosing, no link out of it, no program as a transport.
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.symlinks=false"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "fetch.recurseSubmodules=false"),
    *("-c", "gc.auto=0"),
)


class GitSource:
    """A branch of a repository. A new commit costs one shallow fetch, an old one a question to the server.

    Credentials are those of git: its helpers, and keys of SSH.

    Args:
        location: A path or an address, as ``git clone`` takes it.
        branch: The branch; by default that of the repository.
        folder: The folder of the deployment files in it; by default the topmost.
        home: Where the copy is kept.
    """

    def __init__(self, location: str, *, branch: str = "", folder: str = "", home: Path) -> None:
        if location.startswith("-") or branch.startswith("-"):
            raise InputError(f"{location!r} {branch!r}: that is an option", expected="a path or an address")
        parts = Path(folder).parts
        if ".." in parts or Path(folder).is_absolute():
            raise InputError(f"the folder {folder!r} leads out of the repository", expected="a folder in it")
        self.name = f"{PREFIX}{_without_login(location)}" + (f"#{branch}:{folder}" if branch or folder else "")
        self._location, self._branch, self._folder = location, branch, folder.strip("/")
        key = hashlib.sha256(f"{location}\0{branch}\0{folder}".encode()).hexdigest()[:16]
        self._home = home / key
        self._told = ""

    def look(self) -> Snapshot | None:
        """The files of the newest commit; ``None`` if it is the same as at the last look.

        Raises:
            UnavailableError: If the repository does not answer.
            NotFoundError: If there is no such branch, or no such folder in it.
        """
        commit = self._newest()
        if commit == self._told:
            return None
        with self._alone():
            try:
                snapshot = self._snapshot(commit)
            except UnavailableError:
                # It is only a copy, and may be broken: git was killed in it, or somebody removed a part.
                shutil.rmtree(self._home / _BARE, ignore_errors=True)
                snapshot = self._snapshot(commit)
        self._told = snapshot.commit
        return snapshot

    def _snapshot(self, commit: str) -> Snapshot:
        """The files of a commit, which is fetched if need be."""
        bare = self._home / _BARE
        if not (bare / "HEAD").is_file():
            self._git("init", "--quiet", "--bare", str(bare))
        if self._ask("cat-file", "-e", f"{commit}^{{commit}}") is None:
            self._git("fetch", "--quiet", "--no-tags", "--depth", "1", "--", self._location, self._reference)
            # The branch may have gone on between the question and the fetch.
            commit = self._git("rev-parse", "FETCH_HEAD^{commit}").strip()
        tree = self._ask("rev-parse", "--verify", "--quiet", f"{commit}:{self._folder}")
        if tree is None or (self._ask("cat-file", "-t", tree.strip()) or "").strip() != "tree":
            raise NotFoundError(f"commit {commit[:12]} has no folder {self._folder!r}", where=self.name)
        place = self._laid_out(commit, tree.strip())
        said = self._git("show", "--no-patch", "--format=%an <%ae>%n%s", commit) + "\n\n"
        author, reason = (_plain(line) for line in said.split("\n")[:2])
        named = f"{self._folder}/" if self._folder else ""
        return Snapshot(files=files_of(place, named=named), commit=commit, by=author, reason=reason)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Work in the copy while no other process does."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            with (self._home / "lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise UnavailableError(f"no copy can be kept: {error}", where=str(self._home)) from error

    @property
    def _reference(self) -> str:
        return f"refs/heads/{self._branch}" if self._branch else "HEAD"

    def _newest(self) -> str:
        """The commit at the end of the branch."""
        said = self._run("ls-remote", "--", self._location, self._reference)
        if said.returncode:
            raise UnavailableError(
                f"the repository does not answer: {_last(said.stderr)}",
                where=self.name,
                fix=f"see that this works: git ls-remote {_without_login(self._location)}",
            )
        commit = said.stdout.split("\t")[0].strip()
        if not _COMMIT.match(commit):
            raise NotFoundError(
                f"the repository has no branch {self._branch or 'that is its own'!r}",
                where=self.name,
                fix="push a commit to it",
            )
        return commit

    def _laid_out(self, commit: str, tree: str) -> Path:
        """The files of a tree in a folder of their own, which stays the same as long as the files do."""
        place = self._home / "trees" / tree
        if place.is_dir():
            os.utime(place)  # it is in use: others are removed before it
            return place
        incoming = self._home / f".incoming-{uuid.uuid4().hex}"
        index = incoming.with_suffix(".index")
        try:
            incoming.mkdir(parents=True)
            self._git("read-tree", tree, index=index)
            self._git("checkout-index", "--all", "--force", f"--prefix={incoming}/", index=index, work=incoming)
            place.parent.mkdir(exist_ok=True)
            incoming.rename(place)
            trees = sorted(place.parent.iterdir(), key=lambda one: one.stat().st_mtime)
            for old in trees[:-_KEPT_TREES]:
                shutil.rmtree(old, ignore_errors=True)
        finally:
            index.unlink(missing_ok=True)
            shutil.rmtree(incoming, ignore_errors=True)
        return place

    def _git(self, *arguments: str, index: Path | None = None, work: Path | None = None) -> str:
        done = self._run(*arguments, index=index, work=work)
        if done.returncode:
            raise UnavailableError(f"git {arguments[0]} failed: {_last(done.stderr)}", where=self.name)
        return done.stdout

    def _ask(self, *arguments: str) -> str | None:
        done = self._run(*arguments)
        return None if done.returncode else done.stdout

    def _run(
        self, *arguments: str, index: Path | None = None, work: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in _CONFUSING}
        environment = {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        if index is not None:
            environment["GIT_INDEX_FILE"] = str(index)
        bare = self._home / _BARE
        place = [f"--git-dir={bare}"] if arguments[0] not in ("init", "ls-remote") else []
        tree = [f"--work-tree={work}"] if work is not None else []
        try:
            return subprocess.run(  # noqa: S603  no shell, and a command of ours
                [_program(), *_SAFE, *place, *tree, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_SECONDS,
                env=environment,
                stdin=subprocess.DEVNULL,
                cwd=work,
            )
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(
                f"git {arguments[0]} took more than {_SECONDS:g} seconds", where=self.name
            ) from error


_CONFUSING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
"""What git sets for hooks, from one of which we may be called."""


def _program() -> str:
    """Git, wherever the user has it.

    Raises:
        UnavailableError: If it is not installed.
    """
    found = shutil.which("git")
    if found is None:
        raise UnavailableError("git is not installed", fix="install git")
    return found


def git_source(text: str, home: Path) -> GitSource:
    """The repository that a text means: ``git+LOCATION[#BRANCH[:FOLDER]]``.

    Raises:
        InputError: If it means none.
    """
    match = _SOURCE.match(text)
    if match is None:
        raise InputError(f"{text!r} is no git repository", expected="git+LOCATION[#BRANCH[:FOLDER]]")
    return GitSource(match["location"], branch=match["branch"] or "", folder=match["folder"] or "", home=home)


def _without_login(location: str) -> str:
    return re.sub(r"//[^/@]+@", "//", location)


def _plain(text: str) -> str:
    """What somebody wrote, without what a terminal would obey."""
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _last(text: str) -> str:
    """What git says, in one line and without what may be a secret."""
    lines = [_without_login(line.strip()) for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2]) or "it does not say why"
