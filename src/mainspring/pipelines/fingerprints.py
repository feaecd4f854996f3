"""The identity of outside files: their content, whatever their names and dates say."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainspring.core.digests import digest_file, digest_json
from mainspring.core.errors import NotFoundError
from mainspring.core.spans import Span, find_spans, is_pattern, settle


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an outside file, folder or glob holds.

    Attributes:
        digest: Of the bytes of a file; of the sorted list of ``[relative path, digest]`` for several; of the list
            of ``[relative path, digest, span, version]`` for spans.
        size: Bytes in all.
        files: How many.
        spans: Of a pattern, which spans, in words.
    """

    digest: str
    size: int
    files: int
    spans: str = ""


def fingerprint(location: str, root: Path) -> Fingerprint:
    """Read a file, a folder, a glob of files, or the spans that a pattern and its range mean.

    Args:
        location: A path, absolute or from ``root``; may hold ``*``, ``?`` and ``[…]``, or be a pattern of spans
            with its range (see :mod:`mainspring.core.spans`; the latest span by default).
        root: The project's folder.

    Raises:
        NotFoundError: If nothing is there, or not all of the spans that are asked for.
        InputError: If a pattern contradicts itself, or the files contradict it.
    """
    if is_pattern(location):
        settled = settle(location, root=root)
        return _of_spans(find_spans(settled, root=root, gaps="ignore"), settled, root)
    files, base = _files(location, root)
    if not files:
        raise NotFoundError(
            f"there is no file {location!r}",
            where=str(root),
            fix="check the path; relative paths start at the project's folder",
        )
    size = sum(file.stat().st_size for file in files)
    if len(files) == 1 and files[0] == base:
        return Fingerprint(digest_file(files[0]), size, 1)
    listed = [[file.relative_to(base).as_posix(), digest_file(file)] for file in files]
    return Fingerprint(digest_json(listed), size, len(files))


def is_there(location: str, root: Path) -> bool:
    """Whether a file, a folder or a glob has anything in it; a pattern of spans is looked at when it is read."""
    return is_pattern(location) or bool(_files(location, root)[0])


def _of_spans(spans: Sequence[Span], settled: str, root: Path) -> Fingerprint:
    pattern, _, range_ = settled.rpartition(" @ ")
    parts = itertools.takewhile(lambda part: not (glob.has_magic(part) or "{" in part), Path(pattern).parts)
    base = root.joinpath(*parts)
    files = [(file, span) for span in spans for file in span.files]
    listed = [
        [file.relative_to(base).as_posix(), digest_file(file), span.number, span.version] for file, span in files
    ]
    size = sum(file.stat().st_size for file, _ in files)
    return Fingerprint(digest_json(listed), size, len(files), range_)


def _files(location: str, root: Path) -> tuple[Sequence[Path], Path]:
    path = root / location
    if path.is_file():
        return [path], path
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file()), path
    if not glob.has_magic(location):
        return [], path
    parts = Path(location).parts
    base = root.joinpath(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    # Only the location is a pattern: the project's folder may be called `data[1]`.
    found = [root / one for one in glob.glob(location, root_dir=root, recursive=True)]  # noqa: PTH207
    return sorted(file for file in found if file.is_file()), base
