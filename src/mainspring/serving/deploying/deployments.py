"""The deployments of a project: looked at, compared, accepted, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from mainspring.core.errors import MainspringError, NotFoundError, StateError, UnavailableError
from mainspring.core.verdicts import Verdict
from mainspring.serving.deploying.archive import Archive, Event
from mainspring.serving.deploying.checking import Checked, check
from mainspring.serving.deploying.difference import Difference, State, differences, lines_of
from mainspring.serving.deploying.document import examine, open_document
from mainspring.serving.deploying.ports import Models, Recorder
from mainspring.serving.deploying.problems import DeclarationError
from mainspring.serving.deploying.reading import Declared, read
from mainspring.serving.deploying.resolving import Resolver, told
from mainspring.serving.deploying.revision import Cause, File, Pins, Revision, digest_of
from mainspring.serving.deploying.status import Status
from mainspring.serving.deploying.stock import Stock


class NoRecord:
    """A :class:`mainspring.serving.deploying.ports.Recorder` that keeps nothing."""

    def record(self, number: int, told: Mapping[str, str], verdict: Verdict) -> None:
        """Do nothing."""


class Deployments:
    """What shall be served. One per thread; several processes may work on the same folder.

    Args:
        folder: Where it is kept.
        models: Where registered models are found.
        recorder: Who keeps in a project's record what was accepted.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Attributes:
        archive: What was asked for, and what became of it.
        resolver: Finds what files mean.
    """

    def __init__(
        self,
        folder: Path,
        models: Models,
        *,
        recorder: Recorder | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.archive = Archive(folder)
        self.resolver = Resolver(models, Stock(self.archive.packages))
        self._recorder = recorder or NoRecord()
        self._environment = environment

    def read(self, file: File) -> Declared:
        """Read a deployment file.

        Raises:
            DeclarationError: With everything that is wrong with its form.
        """
        return read(file.text, file.name, self._environment)

    def check(
        self, files: Sequence[File], *, keep: bool = False, held: Mapping[str, Pins] | None = None
    ) -> Checked:
        """Look at deployment files; nothing changes.

        Args:
            files: The files.
            keep: Whether deployments that are not among them stay as they are; otherwise they go.
            held: Versions that are meant whatever aliases say, by deployment.
        """
        self.resolver.forget()
        current = self.archive.current
        everything = list(files)
        if keep and current is not None:
            given = {_name(one) for one in files}
            everything += [one for name, one in current.files.items() if name not in given]
        return check(everything, self.resolver, self.archive, environment=self._environment, held=held)

    def diff(self, checked: Checked | None = None) -> tuple[Difference, ...]:
        """What would change if files were accepted; without files, what aliases that moved would change."""
        current = self.archive.current
        if checked is None:
            checked = self.check([] if current is None else list(current.files.values()))
        return differences({} if current is None else states_of(current), checked.states)

    def accept(
        self,
        checked: Checked,
        *,
        by: str,
        cause: Cause = "deploy",
        reason: str = "",
        source: str = "",
        commit: str = "",
        held: bool = False,
    ) -> Revision | None:
        """Want what was checked from now on.

        Args:
            checked: The files.
            by: Who wants it.
            cause: Why, in one of four words.
            reason: Why, in words.
            source: Where the files come from.
            commit: Their commit.
            held: Whether the versions stay though aliases move.

        Returns:
            The new revision; ``None`` if that is what is wanted already.

        Raises:
            DeclarationError: If something is wrong with them, or a package cannot be had; nothing changes.
            ConflictError: If somebody else was faster.
        """
        checked.raise_if_wrong()
        current = self.archive.current
        digest = digest_of(checked.files, checked.pins)
        if current is not None and current.digest == digest and current.held == held:
            return None
        self._bring(checked)
        changes = lines_of(differences({} if current is None else states_of(current), checked.states))
        revision = self.archive.add(
            Revision(
                number=0,
                at=0.0,
                by=by,
                cause=cause,
                reason=reason,
                source=source,
                commit=commit,
                files=checked.files,
                pins=checked.pins,
                held=held,
                changes=changes,
                verdict=checked.verdict.as_dict(),
            ),
            after=0 if current is None else current.number,
        )
        said = {
            "by": by,
            "cause": cause,
            "reason": reason,
            "source": source,
            "commit": commit,
            "digest": revision.digest,
            "changes": "\n".join(changes),
        }
        self._recorder.record(revision.number, said, checked.verdict)
        return revision

    def deploy(self, files: Sequence[File], *, by: str, reason: str = "", keep: bool = True) -> Revision | None:
        """Check files and want them from now on.

        Raises:
            DeclarationError: If something is wrong with them; nothing changes.
            StateError: If a server follows a source: it is changed there.
        """
        self.refuse_if_followed()
        return self.accept(self.check(files, keep=keep), by=by, reason=reason)

    def remove(self, names: Sequence[str], *, by: str, reason: str = "") -> Revision | None:
        """Want some deployments no longer.

        Raises:
            NotFoundError: If there is no such deployment.
        """
        self.refuse_if_followed()
        current = self.archive.current
        files = {} if current is None else dict(current.files)
        for name in names:
            if files.pop(name, None) is None:
                known = ", ".join(files) or "none"
                raise NotFoundError(f"there is no deployment {name!r}", expected=f"one of {known}")
        return self.accept(self.check(list(files.values())), by=by, reason=reason)

    def rollback(self, number: int | None = None, *, by: str, reason: str = "") -> Revision | None:
        """Want an earlier revision again: its files, and the versions that they meant then.

        Aliases that move, and a source that stays as it is, change nothing until somebody deploys or the source
        changes.

        Args:
            number: Which; by default the one before the last change.
            by: Who wants it.
            reason: Why.

        Raises:
            StateError: If there is none to go back to.
            DeclarationError: If it cannot be served any more.
        """
        current = self.archive.current
        earlier = None if current is None else self._earlier(current, number)
        if current is None or earlier is None:
            raise StateError("there is nothing to roll back to", expected="an earlier revision")
        checked = self.check(list(earlier.files.values()), held=earlier.pins)
        back = f"back to revision {earlier.number}"
        return self.accept(
            checked,
            by=by,
            cause="rollback",
            reason=f"{back}: {reason}" if reason else back,
            source=earlier.source,
            commit=earlier.commit,
            held=True,
        )

    def refuse_if_followed(self) -> None:
        """Refuse to change by hand what a source says.

        Raises:
            StateError: If a server follows one.
        """
        status = self.archive.status
        if status is not None and status.source and self.archive.followed:
            raise StateError(
                f"the server follows {status.source}, which would change it back",
                expected="a change there",
                fix="commit it there; or roll back until then: mainspring deploy rollback",
            )

    @property
    def status(self) -> Status | None:
        """How it stood when a server that follows wrote it last."""
        return self.archive.status

    def history(self) -> Sequence[Event]:
        """What happened, oldest first."""
        return self.archive.history()

    def _bring(self, checked: Checked) -> None:
        """Have all that will be served here, and see that a server can be told of it.

        Raises:
            DeclarationError: If something cannot be had.
        """
        problems = []
        for deployment, one in checked.declared.items():
            folder = Path(checked.files[deployment].folder)
            for name, model in one.declaration.models.items():
                try:
                    self.resolver.load(name, model, checked.pins[deployment][name], folder)
                except UnavailableError:
                    raise  # another time it may be
                except MainspringError as error:
                    way = ("models", name, *model.ways)
                    problems.append(one.document.problem(way, told(error), fix=error.fix or ""))
        if problems:
            raise DeclarationError(problems)

    def _earlier(self, current: Revision, number: int | None) -> Revision | None:
        if number is not None:
            return self.archive.revision(number)
        stack: list[Revision] = []
        for one in self.archive.numbers():
            found = self.archive.revision(one)
            if one > current.number:
                break
            if found.cause == "rollback":  # what it left behind is nothing to go back to
                while stack and stack[-1].digest != found.digest:
                    stack.pop()
            elif not stack or stack[-1].digest != found.digest:
                stack.append(found)
        return stack[-2] if len(stack) > 1 else None


def states_of(revision: Revision) -> Mapping[str, State]:
    """The deployments of a revision, to be compared with others."""
    return {
        name: State(plain=open_document(one.text, one.name).plain, pins=revision.pins.get(name, {}))
        for name, one in revision.files.items()
    }


def moved(revision: Revision, checked: Checked) -> str:
    """In words, which versions are not what they were when a revision was accepted."""
    before = {name: replace(one, plain={}) for name, one in states_of(revision).items()}
    after = {name: replace(one, plain={}) for name, one in checked.states.items()}
    return "; ".join(
        f"{one.path.removeprefix('models.')}: {one.before} -> {one.after}"
        for difference in differences(before, after)
        for one in difference.fields
    )


def _name(file: File) -> str:
    """The deployment of a file, if it can be read."""
    try:
        document, _ = examine(file.text, file.name)
    except DeclarationError:
        return ""  # whoever checks the file says what is wrong with it
    return str(document.plain.get("deployment", ""))
