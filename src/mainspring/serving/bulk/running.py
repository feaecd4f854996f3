"""A run: from data and a model to answers on disk, whatever happens on the way."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

from mainspring.core.clock import iso, now
from mainspring.core.digests import digest_file
from mainspring.core.errors import ConflictError, InputError
from mainspring.data import Table
from mainspring.serving.bulk.answerer import Answerer
from mainspring.serving.bulk.binding import bind
from mainspring.serving.bulk.finishing import Target, put_in_place, put_together, sound, tallied
from mainspring.serving.bulk.formats import answer_columns, check_names, format_of
from mainspring.serving.bulk.hashing import Hashing
from mainspring.serving.bulk.making import Maker
from mainspring.serving.bulk.options import Options
from mainspring.serving.bulk.parts import Making, Task
from mainspring.serving.bulk.progress import Progress, Told
from mainspring.serving.bulk.report import Report
from mainspring.serving.bulk.sources import STAGED, Data, Reading, Source, find, lying, open_source
from mainspring.serving.bulk.workplace import Manifest, Workplace, hold

PART_ROWS: Final = 122_880
"""Rows of a part at most: as many as one group of a Parquet file holds."""

_CELLS: Final = 5_000_000
_VECTOR: Final = 2048
_FEW: Final = 8
"""Of little data so many parts are made: the first tells whether more processes are worth it."""


def run(
    data: Data,
    model: Answerer,
    out: str | Path,
    *,
    options: Options | None = None,
    reading: Reading | None = None,
    form: str | None = None,
    errors: str | Path | None = None,
    processes: int | None = None,
    restart: bool = False,
    told: Told | None = None,
    dated: bool = True,
) -> Report:
    """Answer every row of some data once, in order, in little memory; go on where a killed run stopped.

    Args:
        data: A file, folder, glob, list of files, or the URL of a database; or rows in memory.
        model: What answers.
        out: A ``.parquet``, ``.csv`` or ``.jsonl`` file, or a folder of parts. It appears as a whole at the end;
            until then everything lies in a folder beside it, whose name ends in ``.work``.
        options: What is written, and what becomes of rows that cannot be answered.
        reading: How the data is read.
        form: ``parquet``, ``csv`` or ``jsonl``, where the name of ``out`` says nothing.
        errors: The file that lists rows left out, where ``options.errors`` is ``"skip"``.
        processes: How many processes work at a time; by default one per core, and fewer for little data.
        restart: Throw away what an earlier run has left, instead of going on with it.
        told: Who is told how far it is.
        dated: Whether the answers are stamped with the time and with where the data is. Without it, equal data and
            an equal model give equal files.

    Raises:
        ConflictError: If an unfinished run of other arguments was left there, or another process works on it.
        InputError: If the data does not fit the model; all misfits are named.
        BadRowsError: If rows cannot be answered and ``options.errors`` is ``"fail"``.
    """
    chosen = options or Options()
    if (errors is None) == (chosen.errors == "skip"):
        raise InputError("leaving rows out, and a file that lists them, go together", expected="both, or neither")
    path = lying(Path(out))
    target = Target(path, format_of(path, form), None if errors is None else Path(errors).absolute())
    target.check()
    source = find(data, reading)
    source.check_apart(Path(out))
    path.parent.mkdir(parents=True, exist_ok=True)
    with hold(target.work) as place:
        one = _Run(source, model, target, chosen, place, told or Told(), dated=dated)
        return one.go(processes, restart=restart)


class _Run:
    """One run, in its work folder."""

    def __init__(
        self,
        source: Source,
        model: Answerer,
        target: Target,
        options: Options,
        place: Workplace,
        told: Told,
        *,
        dated: bool,
    ) -> None:
        self.source, self.model, self.target = source, model, target
        self.options, self.place, self.told, self.dated = options, place, told, dated
        self.began = time.monotonic()
        self.hashing: Hashing | None = None

    def go(self, processes: int | None, *, restart: bool) -> Report:
        before = None if restart else self.place.manifest()
        if before is None:
            self.place.clear()
        digest = self._check_files(before)
        table, staged = self._table(before)
        manifest = self._manifest(table, before, digest or staged)
        making = self._making(table, manifest)
        if before is not None:
            self._compare(before, manifest)
        self.place.begin(manifest)
        self.hashing = Hashing(self.source) if manifest.digest is None else None
        done = sound(self.place, manifest, making.file)
        resumed = sum(done.values())
        used = self._make(table, making, manifest, done, processes)
        self._keep_digest(manifest, wait=True)
        self.source.check()
        return self._finish(manifest, making, resumed, used)

    def _check_files(self, before: Manifest | None) -> str | None:
        """The digest of the data, if it takes one to tell whether it is what it was."""
        if before is None or not self.source.files:
            return None
        if before.files == _listed(self.source) or before.digest is None:
            return before.digest
        return self.source.digest()

    def _table(self, before: Manifest | None) -> tuple[Table, str | None]:
        """The rows, and their digest where they were laid down here."""
        texts = [
            self.options.columns.get(one.name, one.name)
            for one in self.model.signature.inputs
            if one.datatype == "BYTES"
        ]
        staged = self.place.folder / STAGED
        if self.source.in_memory and before is not None:
            staged.unlink(missing_ok=True)
        table = open_source(self.source, self.place.folder, texts=texts, say=self.told.say)
        if self.source.files:
            return table, None
        known = None if before is None or self.source.in_memory else before.digest
        return table, known or digest_file(staged)

    def _manifest(self, table: Table, before: Manifest | None, digest: str | None) -> Manifest:
        part_rows = self.options.part_rows or (before.part_rows if before is not None else _part_rows(table))
        return Manifest(
            run=uuid.uuid4().hex if before is None else before.run,
            mainspring=installed_version("mainspring"),
            started=now() if before is None else before.started,
            location=self.source.location,
            files=_listed(self.source),
            digest=digest,
            rows=table.num_rows,
            columns=[(column.name, str(column.type)) for column in table.columns],
            model={"name": self.model.name, "version": self.model.version, "digest": self.model.digest},
            out=str(self.target.out),
            form=self.target.form.as_dict(),
            options={**self.options.as_dict(), "part_rows": part_rows},
            part_rows=part_rows,
            reading=self.source.reading.as_dict(),
        )

    def _making(self, table: Table, manifest: Manifest) -> Making:
        model, options = self.model, self.options
        binding = bind(table, model.signature, columns=options.columns, keep=options.keep)
        answers = answer_columns(model.signature, options, asserting=model.asserting, changing=model.changing)
        check_names(binding.kept, answers)
        return Making(
            binding=binding,
            options=options,
            answers=answers,
            form=self.target.form,
            expectations=model.expectations,
            stamp=_stamp(manifest, dated=self.dated),
        )

    def _compare(self, before: Manifest, manifest: Manifest) -> None:
        found = before.differences(manifest)
        if found:
            raise ConflictError(
                "an unfinished run with other arguments was left here: " + "; ".join(found),
                where=str(self.place.folder),
                expected="the same arguments, to go on with it",
                fix="throw it away with --restart",
            )

    def _make(
        self,
        table: Table,
        making: Making,
        manifest: Manifest,
        done: Mapping[int, int],
        processes: int | None,
    ) -> int:
        """Make the parts that are missing; gives how many processes, or connections, worked at a time."""
        resumed = answered = sum(done.values())
        began = time.monotonic()

        def made(rows: int) -> None:
            nonlocal answered
            answered += rows
            self._keep_digest(manifest, wait=False)
            seconds = time.monotonic() - began
            self.told.progress(Progress(done=answered, rows=manifest.rows, resumed=resumed, seconds=seconds))

        made(0)
        tasks = [_task(table, manifest, part) for part in range(manifest.parts) if part not in done]
        return Maker(self.place, self.model, making, made).make(tasks, processes)

    def _keep_digest(self, manifest: Manifest, *, wait: bool) -> None:
        """Write down the digest of the data as soon as it is known."""
        if self.hashing is not None and (wait or self.hashing.done):
            manifest.digest, self.hashing = self.hashing.result(), None
            self.place.begin(manifest)

    def _finish(self, manifest: Manifest, making: Making, resumed: int, used: int) -> Report:
        self.told.say("putting the parts together")
        tally = tallied(self.place, manifest)
        finished = now()
        stamp = {
            **making.stamp,
            **({"mainspring.finished": iso(finished)} if self.dated else {}),
            "mainspring.rows": str(tally.written),
            "mainspring.data_digest": manifest.digest or "",
        }
        digest, fresh = put_together(self.place, self.target, manifest, making.file, stamp)
        report = Report(
            model=manifest.model,
            mainspring=manifest.mainspring,
            data={"location": manifest.location, "digest": manifest.digest, "rows": manifest.rows},
            out=manifest.out,
            digest=digest,
            started=manifest.started,
            finished=finished,
            seconds=time.monotonic() - self.began,
            resumed=resumed,
            processes=used,
            tally=tally,
            expectations=self.model.expectations,
            errors=None if self.target.errors is None else str(self.target.errors),
            files=tuple(one.path for one in self.source.files),
        )
        meta = {name.removeprefix("mainspring."): text for name, text in stamp.items()}
        meta |= {"digest": digest or "", "out": manifest.out}
        put_in_place(self.place, self.target, fresh, manifest, report.to_json(), meta)
        self.place.remove()
        return report


def _task(table: Table, manifest: Manifest, part: int) -> Task:
    start = part * manifest.part_rows
    stop = min(start + manifest.part_rows, manifest.rows)
    return Task(part=part, start=start, stop=stop, sql=table.rows(start, stop).query())


def _part_rows(table: Table) -> int:
    """How many rows are a part: as many as fit into memory easily, and fewer of little data."""
    most = min(PART_ROWS, max(_CELLS // max(len(table.columns), 1) // _VECTOR, 1) * _VECTOR)
    if table.num_rows >= _FEW * most:
        return most
    return max(_VECTOR, -(-table.num_rows // _FEW // _VECTOR) * _VECTOR)


def _listed(source: Source) -> list[tuple[str, int, int]]:
    return [(str(one.path), one.size, one.changed) for one in source.files]


def _stamp(manifest: Manifest, *, dated: bool) -> dict[str, str]:
    """What every file of answers tells of itself."""
    told = {"mainspring.started": iso(manifest.started), "mainspring.data": manifest.location} if dated else {}
    return {
        **{f"mainspring.model{'' if key == 'name' else f'_{key}'}": text for key, text in manifest.model.items()},
        "mainspring.version": manifest.mainspring,
        **told,
    }
