import datetime
import random
import uuid

import msgspec
import pytest

from mainspring.data import ColumnType, Table
from mainspring.data.profiling.recognition import FORMATS, measure_formats, recognise
from mainspring.data.statistics.recognition import Formats, Kind, Recognition


def column(values: list[str | None]) -> Table:
    return Table.from_columns({"v": values}, {"v": ColumnType.STRING})


def kind_of(values: list[str | None]) -> Recognition:
    return recognise(column(values), "v")


MOMENTS = [
    datetime.datetime(1999, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=37 * i, seconds=4567 * i + 0.25)
    for i in range(1, 80)
]


@pytest.mark.parametrize("form", FORMATS[:: len(FORMATS) // 40])
def test_every_format_is_found_again(form: str) -> None:
    found = kind_of([moment.strftime(form) for moment in MOMENTS])
    assert (found.kind, found.format, found.share) == (Kind.TIME, form, 1.0)


def test_formats_have_no_repeats() -> None:
    assert len(set(FORMATS)) == len(FORMATS)


def test_days_that_may_be_months_are_told() -> None:
    found = kind_of([f"{month:02}/{day:02}/2020" for month in range(1, 13) for day in range(1, 13)])
    assert (found.format, found.also) == ("%m/%d/%Y", ("%d/%m/%Y",))
    found = kind_of([f"{day:02}/{month:02}/2020" for month in range(1, 13) for day in range(1, 29)])
    assert (found.format, found.also) == ("%d/%m/%Y", ())


def test_dates_with_points_have_the_day_first() -> None:
    found = kind_of([f"{day:02}.{day:02}.2020" for day in range(1, 13)])
    assert (found.format, found.also) == ("%d.%m.%Y", ("%m.%d.%Y",))


def test_impossible_days_are_no_times() -> None:
    assert kind_of(["2020-02-30"] * 20).kind is Kind.NOTHING
    assert kind_of(["12:61"] * 20).kind is Kind.NOTHING
    assert kind_of(["1.2.3"] * 20).kind is Kind.NOTHING


DICE = random.Random(0)
PLAIN = {
    Kind.UUID: [str(uuid.UUID(int=DICE.getrandbits(128))) for _ in range(30)],
    Kind.IP_ADDRESS: [".".join(str(DICE.randrange(256)) for _ in range(4)) for _ in range(30)]
    + ["::1", "fe80::1:2", "2001:db8:0:0:0:0:2:1"],
    Kind.EMAIL: [f"first.last+{i}@mail-{i}.example.org" for i in range(30)],
    Kind.URL: [f"https://example.org/{i}?a=b#c" for i in range(30)] + ["www.example.com", "s3://bucket/key"],
}


@pytest.mark.parametrize("kind", PLAIN)
def test_addresses_and_identifiers(kind: Kind) -> None:
    found = kind_of([*PLAIN[kind], None])
    assert (found.kind, found.share) == (kind, 1.0)
    assert kind.value in found.why


@pytest.mark.parametrize(
    "value",
    ["256.1.1.1", "1.2.3", "a@b", "@example.org", "a b@example.org", "http://", "example", "1:2:3", "x-y-z"],
)
def test_near_misses(value: str) -> None:
    assert kind_of([value] * 50).kind is Kind.NOTHING


def test_a_few_that_do_not_fit_are_no_harm() -> None:
    values = [f"2020-01-{day:02}" for day in range(1, 31)] * 4
    assert kind_of([*values, *["soon"] * 6]).share == 120 / 126
    assert kind_of([*values, *["soon"] * 7]).kind is Kind.NOTHING


def test_too_few_values_tell_nothing() -> None:
    assert kind_of(["2020-01-01"] * 9) == Recognition(why="9 values are too few to tell")
    assert kind_of(["2020-01-01"] * 10).kind is Kind.TIME
    assert kind_of([None, None]).kind is Kind.NOTHING


@pytest.mark.parametrize(("unit", "times"), [("seconds", 1), ("milliseconds", 1000), ("nanoseconds", 10**9)])
def test_whole_numbers_since_1970(unit: str, times: int) -> None:
    table = Table.from_columns({"n": [(1_600_000_000 + 1000 * i) * times for i in range(20)]})
    found = recognise(table, "n")
    assert (found.kind, found.unit) == (Kind.TIME, unit)
    one_off = table.concat(Table.from_columns({"n": [7]}))
    assert recognise(one_off, "n").kind is Kind.NOTHING


def test_messages_and_comments_are_language(sms: Table, comments: Table) -> None:
    assert recognise(sms, "text").kind is Kind.LANGUAGE
    assert recognise(sms, "label").kind is Kind.NOTHING
    assert recognise(comments, "CONTENT").kind is Kind.LANGUAGE
    assert recognise(comments, "COMMENT_ID").kind is Kind.NOTHING


def test_categories_and_numbers_are_no_language(census: Table, taxi: Table) -> None:
    for name in ("workclass", "occupation", "native_country", "age", "fnlwgt"):
        assert recognise(census, name).kind is Kind.NOTHING
    for name in ("company", "payment_type", "fare"):
        assert recognise(taxi, name).kind is Kind.NOTHING
    found = recognise(taxi, "trip_start_timestamp")
    assert (found.kind, found.unit) == (Kind.TIME, "seconds")


def test_text_without_spaces_between_words() -> None:
    assert kind_of([f"これは日本語の文章です{i}" for i in range(30)]).kind is Kind.LANGUAGE


def test_images_in_bytes_and_by_name() -> None:
    pictures = Table.from_columns({"p": [b"\x89PNG\r\n\x1a\n" + bytes([i]) for i in range(20)]})
    assert recognise(pictures, "p").kind is Kind.IMAGE
    assert recognise(pictures, "p").format == "png"
    assert kind_of([f"photos/{i}.JPG" for i in range(20)]).format == "path"


def test_parts_merge_to_the_whole() -> None:
    values = [*PLAIN[Kind.EMAIL], *[f"{i}/1/2020" for i in range(1, 20)], "one two three", None]
    whole = measure_formats(column(values), "v")
    parts = [measure_formats(column(values[start : start + 9]), "v") for start in range(0, len(values), 9)]
    assert Formats.merged(parts) == whole
    assert parts[2].merge(parts[0]).merge(parts[1]) == parts[0].merge(parts[1].merge(parts[2]))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Formats) == whole
