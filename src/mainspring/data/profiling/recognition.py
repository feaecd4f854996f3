"""Recognising times, addresses, images and sentences among values.

Every value is looked at, by patterns that count: the counts of parts add up. A text is a sentence if, links aside,

- it has at least three words between spaces (TensorFlow Data Validation asks for the same),
- of 2 to 12 characters on average,
- and at least 70 % of its characters other than spaces are letters, so that addresses, codes and lists of numbers
  are none;
- or it holds at least eight characters of a script that puts no spaces between words.

A text is a time if the engine reads it in a format of :data:`FORMATS`, with every digit where it belongs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.images import format_of
from mainspring.data.profiling.paths import path_of
from mainspring.data.sketches import Distinct
from mainspring.data.statistics.recognition import IMAGE, TIME, UNIX, Formats, Kind, Recognition
from mainspring.data.tables import Table

UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that put no spaces between words."""
_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_GROUP: Final = "[0-9A-Fa-f]{1,4}"
_PATTERNS: Final = {
    Kind.UUID: "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    Kind.IP_ADDRESS: rf"({_OCTET}\.){{3}}{_OCTET}|({_GROUP}:){{7}}{_GROUP}"
    rf"|({_GROUP}(:{_GROUP}){{0,6}})?::({_GROUP}(:{_GROUP}){{0,6}})?",
    Kind.EMAIL: r"[A-Za-z0-9._%+'-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}",
    Kind.URL: r"(?i)(https?|ftp|s3|gs)://[^\s/?#]+([/?#]\S*)?|www\.[^\s/?#]+\.[a-z]{2,}([/?#]\S*)?",
}
_PICTURE: Final = r"(?i).+\.(png|jpe?g|gif|bmp|webp|tiff?)"
_FIRST, _LAST = 631_152_000, 1_893_456_000
_UNITS: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}

_DATES: Final = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%y-%m-%d", "%y/%m/%d", "%Y-%m"),
    *("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y"),
    *("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"),
    *(
        "%d-%b-%Y",
        "%d %b %Y",
        "%d-%B-%Y",
        "%d %B %Y",
        "%b %d %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%B %d %Y",
        "%d-%b-%y",
    ),
)
_CLOCKS: Final = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_ZONES: Final = ("", "Z", "%z", " %z")
FORMATS: Final = (
    *_DATES,
    *_CLOCKS,
    *(
        f"{date}{between}{clock}{zone}"
        for date in _DATES
        for between in (" ", "T")
        for clock in _CLOCKS
        for zone in _ZONES
        if (between == " " or date == "%Y-%m-%d") and not (zone and "%p" in clock)
    ),
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S %z",
)
"""How times may be written, in the language of ``strptime``."""
_PARTS: Final = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
    "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,6}",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
    "%a": "[A-Za-z]{3}",
    "%p": "[AaPp][Mm]",
    "%z": "[+-][0-9]{2}:?[0-9]{2}",
}
_SHAPES: Final = {"%z": ("+9", "-9", "+9:9", "-9:9"), **dict.fromkeys(("%b", "%B", "%a", "%p"), ("a",))}


def recognise(table: Table, name: str) -> Recognition:
    """What the values of a feature most likely are: of a column, of the elements of lists, of a field.

    Example:
        >>> days = [f"2024-01-{day:02} 10:30" for day in range(1, 20)]
        >>> recognise(Table.from_columns({"when": days}), "when").format
        '%Y-%m-%d %H:%M'
    """
    return measure_formats(table, name).recognition()


def measure_formats(table: Table, name: str) -> Formats:
    """How many values of a feature match each known pattern. Only text, bytes and whole numbers match any."""
    path = path_of(table, name)
    rows = f"SELECT v FROM ({path.unnested(table.query(), path.depth)}) WHERE v IS NOT NULL"  # noqa: S608 - our own query
    match path.type:
        case ColumnType.STRING:
            return _of_text(rows)
        case ColumnType.INT:
            return _of_numbers(rows)
        case ColumnType.BYTES:
            return _of_bytes(rows)
        case _:
            return Formats(engine.fetch(f"SELECT count(*) FROM ({rows})")[0][0])  # noqa: S608 - our own query


def _of_text(rows: str) -> Formats:
    values = engine.Relation.of(f"SELECT v, count(*) AS n FROM ({rows}) GROUP BY v")  # noqa: S608 - our own query
    tests = {str(kind): f"regexp_full_match(v, {engine.literal(like)})" for kind, like in _PATTERNS.items()}
    tests |= {f"{IMAGE}path": f"regexp_full_match(v, {engine.literal(_PICTURE)})", str(Kind.LANGUAGE): _sentence()}
    tests |= {f"{TIME}{form}": _reads(form) for form in _possible(values.name)}
    sums = ", ".join(f"sum(n) FILTER ({test})" for test in tests.values())
    total, *found = engine.fetch(f"SELECT sum(n), {sums} FROM {values.name}")[0]  # noqa: S608 - our own names
    with engine.cursor() as cursor:
        query = f"SELECT ('0x' || md5(v)[1:15])::BIGINT AS h FROM {values.name}"  # noqa: S608 - our own name
        distinct = Distinct.of_hashes(cursor.execute(query).fetchnumpy()["h"])
    matches = {name: int(count) for name, count in zip(tests, found, strict=True) if count}
    return Formats(int(total or 0), dict(sorted(matches.items())), distinct)


def _of_numbers(rows: str) -> Formats:
    sums = ", ".join(
        f"count(*) FILTER (v >= {_FIRST * times} AND v < {_LAST * times})" for times in _UNITS.values()
    )
    total, *found = engine.fetch(f"SELECT count(*), {sums} FROM ({rows})")[0]  # noqa: S608 - our own query
    matches = {f"{UNIX}{unit}": count for unit, count in zip(_UNITS, found, strict=True) if count}
    return Formats(total, dict(sorted(matches.items())))


def _of_bytes(rows: str) -> Formats:
    matches: dict[str, int] = {}
    total = 0
    heads = f"SELECT v[1:16], count(*) FROM ({rows}) GROUP BY 1"  # noqa: S608 - our own query
    for head, count in engine.fetch(heads):
        total += count
        if found := format_of(head):
            matches[IMAGE + found] = matches.get(IMAGE + found, 0) + count
    return Formats(total, dict(sorted(matches.items())))


def _sentence() -> str:
    text = r"regexp_replace(v, '\S+://\S+', ' ', 'g')"
    words = rf"regexp_extract_all({text}, '\S+')"
    solid = rf"length(regexp_replace({text}, '\s+', '', 'g'))"
    letters = rf"length(regexp_replace({text}, '[^\p{{L}}\p{{M}}]+', '', 'g'))"
    spaced = f"len({words}) >= 3 AND {solid} BETWEEN 2 * len({words}) AND 12 * len({words})"
    unspaced = f"length(regexp_replace(v, '[^{UNSPACED}]+', '', 'g')) >= 8"
    return f"({spaced} OR {unspaced}) AND {letters} >= 0.7 * {solid}"


def _reads(form: str) -> str:
    pattern, rest = "", form
    while rest:
        if rest[:2] in _PARTS:
            pattern, rest = pattern + _PARTS[rest[:2]], rest[2:]
        else:
            pattern, rest = pattern + (f"\\{rest[0]}" if not rest[0].isalnum() else rest[0]), rest[1:]
    # The engine is lenient about the number of digits; the pattern is not.
    return (
        f"regexp_full_match(v, {engine.literal(pattern)}) AND try_strptime(v, {engine.literal(form)}) IS NOT NULL"
    )


def _possible(values: str) -> list[str]:
    """The formats whose shape some value has: runs of digits as 9, of letters as a."""
    shapes = {shape: form for form in FORMATS for shape in _shapes(form)}
    shape = "regexp_replace(regexp_replace(v, '[0-9]+', '9', 'g'), '[A-Za-z]+', 'a', 'g')"
    listed = ", ".join(map(engine.literal, sorted(shapes)))
    query = (
        f"SELECT DISTINCT s FROM (SELECT {shape} AS s FROM {values} WHERE length(v) <= 40) WHERE s IN ({listed})"  # noqa: S608 - our own names
    )
    found = {row[0] for row in engine.fetch(query)}
    return [form for form in FORMATS if found & set(_shapes(form))]


def _shapes(form: str) -> Iterator[str]:
    parts: list[tuple[str, ...]] = []
    rest = form
    while rest:
        if rest[:2] in _PARTS:
            parts.append(_SHAPES.get(rest[:2], ("9",)))
            rest = rest[2:]
        else:
            parts.append(("a" if rest[0].isalpha() else rest[0],))
            rest = rest[1:]
    for chosen in itertools.product(*parts):
        yield "".join(one for place, one in enumerate(chosen) if not _repeats(chosen, place))


def _repeats(parts: tuple[str, ...], place: int) -> bool:
    """Whether a run of digits or letters goes on."""
    return place > 0 and parts[place] == parts[place - 1] and parts[place] in {"9", "a"}
