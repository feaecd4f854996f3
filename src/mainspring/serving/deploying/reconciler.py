"""Makes a running server follow what is wanted, again and again."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.errors import MainspringError
from mainspring.serving.deploying.archive import Event, What
from mainspring.serving.deploying.asked import Started
from mainspring.serving.deploying.deployments import Deployments
from mainspring.serving.deploying.intake import Intake
from mainspring.serving.deploying.plans import Plans, is_graph, is_served
from mainspring.serving.deploying.ports import Server
from mainspring.serving.deploying.revision import Revision
from mainspring.serving.deploying.sources import QUIET_SECONDS, Source
from mainspring.serving.deploying.status import Standing, Status
from mainspring.serving.orders import Load, Told

_LOG = logging.getLogger(__name__)

KEPT_REVISIONS = 10
"""Of so many revisions the packages are kept."""

_STEP = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


@dataclass(slots=True)
class _Part:
    """One deployment, as this process left it.

    Attributes:
        loads: What the server serves of it, by model.
        serving: The revision of that.
        wanted: The revision that is wanted.
        attempts: How often that failed.
        message: Why.
        again: When it is tried again.
    """

    loads: Mapping[str, Load] = field(default_factory=dict)
    serving: int = 0
    wanted: int = 0
    attempts: int = 0
    message: str = ""
    again: float = 0.0

    def want(self, number: int) -> None:
        """Begin anew with a revision."""
        if self.wanted != number:
            self.wanted, self.attempts, self.message, self.again = number, 0, "", 0.0

    @property
    def standing(self) -> Standing:
        """How it stands."""
        applied = self.serving == self.wanted and not self.message
        return Standing(
            state="applied" if applied else "failed" if self.attempts else "pending",
            serving=self.serving,
            message=self.message,
            attempts=self.attempts,
            models={name: tuple(one.version for one in load.packages) for name, load in self.loads.items()},
        )


class Reconciler:
    """Follows deployments. For one thread; :meth:`wake` and :meth:`stop` may be called by any.

    Each deployment is served as wanted or as it was before: when a part of it fails, all of it stays.

    Args:
        deployments: What shall be served.
        server: What serves it.
        url: Where that answers.
        source: Where files come from; without, they come from ``mainspring deploy`` alone.
        seconds: How often the source, the registry and the server are looked at.
        started: What the server was started with; without, it is not said what waits for a restart.
        ticks: The clock by which is tried again; one that nobody sets.
    """

    def __init__(
        self,
        deployments: Deployments,
        server: Server,
        *,
        url: str = "",
        source: Source | None = None,
        seconds: float = 2.0,
        started: Started | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deployments, self._started, self._ticks = deployments, started, ticks
        self._archive, self._server, self._seconds = deployments.archive, server, seconds
        self._intake, self._plans = Intake(deployments, source), Plans(deployments)
        self._stock = deployments.resolver.stock
        self._parts: dict[str, _Part] = {}
        self._before = self._archive.status
        self._url, self._repaired, self._kept = url, 0, 0
        self._expected = False
        self._gone: set[str] = set()
        self._restart, self._restart_of = "", 0
        self._asked, self._stopping = threading.Event(), False

    def run(self) -> None:
        """Look again and again until :meth:`stop`. Whoever calls holds :meth:`Archive.following`."""
        asked = False
        while not self._stopping:
            number = self._number()
            try:
                self.look()
            except Exception as error:  # noqa: BLE001  whatever it is, the server goes on, and it is tried again
                known = isinstance(error, MainspringError)
                _LOG.error("deployments were not looked at: %s", error, exc_info=None if known else error)
            # Files that were being written when somebody asked are read soon.
            asked = self._wait(number, min(self._seconds, QUIET_SECONDS) if asked else self._seconds)

    def wake(self) -> None:
        """Look at once."""
        self._asked.set()

    def stop(self) -> None:
        """Look no more."""
        self._stopping = True
        self._asked.set()

    def look(self) -> Status:
        """Take in what is wanted, and bring the server to it.

        Returns:
            How all deployments stand then; it is written down as well.
        """
        revision = self._intake.look()
        outside = self._reconcile(revision)
        self._see_what_waits(revision)
        status = Status(
            pid=os.getpid(),
            url=self._url,
            source=self._intake.name,
            commit="" if revision is None else self._intake.commit(revision),
            number=0 if revision is None else revision.number,
            at=self._archive.clock(),
            deployments={name: part.standing for name, part in sorted(self._parts.items())},
            refused=self._intake.refused,
            trouble=self._intake.trouble,
            repaired=self._repaired,
            outside=outside,
            restart=self._restart,
        )
        try:
            self._archive.status = status
            if revision is not None and revision.number != self._kept:
                self._tidy(revision.number)
        except (MainspringError, OSError) as error:
            _LOG.warning("how deployments stand cannot be written down: %s", error)
        return status

    def _see_what_waits(self, revision: Revision | None) -> None:
        """Find out what is wanted that a running server cannot be given, once for every revision."""
        number = 0 if revision is None else revision.number
        if self._started is None or number == self._restart_of:
            return
        before, self._restart_of = self._restart, number
        try:
            files = () if revision is None else revision.files.values()
            self._restart = self._started.waiting([self._deployments.read(one) for one in files])
        except MainspringError:
            return  # a variable is not set here; the deployment itself says so
        if self._restart and self._restart != before:
            self._note("restart", "", number, self._restart)

    def _wait(self, number: int, seconds: float) -> bool:
        """Wait for the next look, which comes at once when somebody deploys; gives whether somebody asked."""
        waited = 0.0
        while waited < seconds and not self._asked.wait(_STEP) and self._number() == number:
            waited += _STEP
        asked = self._asked.is_set()
        self._asked.clear()
        return asked

    def _number(self) -> int:
        """The revision that is wanted, or none where that cannot be told."""
        try:
            return self._archive.number
        except (MainspringError, OSError):
            return 0

    def _reconcile(self, revision: Revision | None) -> tuple[str, ...]:
        """Bring the server to a revision; gives the models that no deployment has."""
        plans: dict[str, Mapping[str, Load]] = {}
        moment, waiting = self._ticks(), set[str]()
        for name in () if revision is None else revision.files:
            part = self._parts.setdefault(name, _Part())
            part.want(revision.number if revision is not None else 0)
            if part.attempts and moment < part.again:
                waiting.add(name)
                plans[name] = part.loads  # until it is tried again, what is served stays
                continue
            try:
                plans[name] = {} if revision is None else self._plans.of(revision, name)
            except Exception as error:  # noqa: BLE001  whatever it is, the other deployments go on
                self._failed(part, name, error)
        wanted = {model for plan in plans.values() for model in plan}
        if not self._expected and revision is not None:
            self._server.expect(sorted(wanted))
            self._expected = True
        survey = self._server.survey()
        self._gone.clear()
        for name, plan in plans.items():
            self._follow(name, plan, survey, wanted, waiting=name in waiting)
        for name in [one for one in self._parts if revision is None or one not in revision.files]:
            self._remove(name, wanted)
        ours = {model for part in self._parts.values() for model in part.loads}
        served = {model for one in survey for model in one}
        return tuple(sorted(served - ours - wanted - self._gone))

    def _follow(
        self,
        name: str,
        plan: Mapping[str, Load],
        survey: Sequence[Mapping[str, Told]],
        wanted: Collection[str],
        *,
        waiting: bool,
    ) -> None:
        """Bring one deployment to its plan; while it waits to be tried again, that is what is served already."""
        part = self._parts[name]
        if waiting and part.serving == part.wanted:
            return
        loads = [load for load in plan.values() if not is_served(load, survey)]
        unloads = [one for one in part.loads if one not in plan and self._is_free(one, part, wanted)]
        if loads or unloads:
            try:
                self._change(part.loads, loads, unloads)
            except MainspringError as error:
                if not waiting:
                    self._failed(part, name, error)
                return
        arrived = not waiting and part.serving != part.wanted
        if not waiting:
            part.loads, part.serving, part.attempts, part.message = plan, part.wanted, 0, ""
        if arrived:
            said = [f"{one.name} loaded" for one in loads] + [f"{one} unloaded" for one in unloads]
            self._note("applied", name, part.wanted, "; ".join(said))
        elif loads:
            self._note_drift(name, part, [one.name for one in loads])

    def _change(self, before: Mapping[str, Load], loads: Sequence[Load], unloads: Sequence[str]) -> None:
        """Order the server: graphs after what they are made of. If that fails, all is as it was."""
        self._gone.update(unloads)
        graphs, others = [one for one in loads if is_graph(one)], [one for one in loads if not is_graph(one)]
        if not graphs or not others:
            self._server.change(loads, unloads)
            return
        self._server.change(others, [])
        try:
            self._server.change(graphs, unloads)
        except MainspringError:
            known = [before[one.name] for one in others if one.name in before]
            new = [one.name for one in others if one.name not in before]
            with contextlib.suppress(MainspringError):  # the next look finds what is left to do
                self._server.change(known, new)
            raise

    def _remove(self, name: str, wanted: Collection[str]) -> None:
        """Serve a deployment no longer that nobody wants any more."""
        part = self._parts[name]
        gone = [one for one in part.loads if self._is_free(one, part, wanted)]
        self._change({}, [], gone)
        del self._parts[name]
        self._note("applied", name, self._archive.number, f"{', '.join(gone)} unloaded" if gone else "")

    def _is_free(self, model: str, part: _Part, wanted: Collection[str]) -> bool:
        """Whether no other deployment has a model."""
        others = (other.loads for other in self._parts.values() if other is not part)
        return model not in wanted and not any(model in loads for loads in others)

    def _failed(self, part: _Part, name: str, error: Exception) -> None:
        """Keep why, and when it is tried again."""
        part.attempts += 1
        part.again = self._ticks() + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (part.attempts - 1))
        if str(error) != part.message:
            _LOG.error("deployment %s stays as it was: %s", name, error)
            self._note("failed", name, part.wanted, str(error))
        part.message = str(error)
        if not part.serving:
            self._fall_back(part, name)

    def _fall_back(self, part: _Part, name: str) -> None:
        """After a start: serve what was served before it, where what is wanted cannot be."""
        known = None if self._before is None else self._before.deployments.get(name)
        if known is None or known.serving in (0, part.wanted):
            return
        with contextlib.suppress(MainspringError):  # neither can be served; what is wanted is tried again
            plan = self._plans.of(self._archive.revision(known.serving), name)
            self._change({}, list(plan.values()), [])
            part.loads, part.serving = plan, known.serving

    def _note_drift(self, name: str, part: _Part, models: Sequence[str]) -> None:
        self._repaired += 1
        said = f"{', '.join(models)} did not run as declared, and does again"
        _LOG.warning("%s: %s", name, said)
        self._note("drift", name, part.serving, said)

    def _note(self, what: What, name: str, number: int, message: str) -> None:
        event = Event(at=self._archive.clock(), what=what, number=number, deployment=name, message=message)
        try:
            self._archive.note(event)
        except MainspringError as error:
            _LOG.warning("the history misses that %s of revision %d was %s: %s", name, number, what, error)

    def _tidy(self, number: int) -> None:
        """Let go of packages that only old revisions have."""
        served = [part.serving for part in self._parts.values() if part.serving]
        numbers = sorted({*self._archive.numbers()[-KEPT_REVISIONS:], number, *served})
        self._plans.keep(numbers)
        self._stock.keep(
            {
                pin.digest
                for one in numbers
                for pins in self._archive.revision(one).pins.values()
                for several in pins.values()
                for pin in several
            }
        )
        self._archive.tidy()
        self._kept = number
