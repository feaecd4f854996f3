"""TFRecord: checksums, framing and examples as TensorFlow writes them, and damage named with its byte."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data.sources import read
from mainspring.data.sources.crc32c import crc32c, crc32c_of_many, masked
from mainspring.data.sources.tf_examples import WireError, parse, serialize
from mainspring.data.sources.tf_records import write_records
from mainspring.data.sources.tfrecord import write_tfrecord

ROWS = [
    {"age": 39, "name": "Ann", "tags": ["a", "b"], "raw": b"\xff\x00", "score": [0.5, 2.0], "gone": None},
    {"age": None, "name": "", "tags": [], "raw": b"", "score": [], "gone": None},
    {"age": -1, "name": "\u6f22", "raw": b"x", "score": [1.0, float("nan"), float("inf")]},
]


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_checksums_of_the_standard(data, checksum):
    assert crc32c(data) == checksum


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=8))
def test_checksums_of_many_are_those_of_each(texts):
    assert crc32c_of_many(texts) == [crc32c(text) for text in texts]


def test_the_example_of_the_tutorial_of_tensorflow():
    data = (
        b"\nR\n\x14\n\x08feature3\x12\x08\x12\x06\n\x04[\xd3|?\n\x11\n\x08feature0\x12\x05\x1a\x03\n\x01\x00"
        b"\n\x14\n\x08feature2\x12\x08\n\x06\n\x04goat\n\x11\n\x08feature1\x12\x05\x1a\x03\n\x01\x04"
    )
    found = parse(data)
    assert found["feature3"][1] == [pytest.approx(0.9876, abs=1e-7)]
    assert {name: value for name, value in found.items() if name != "feature3"} == {
        "feature0": (3, [0]),
        "feature2": (1, [b"goat"]),
        "feature1": (3, [4]),
    }
    assert serialize({name: values for name, (_, values) in found.items()}) == data


def example_class():
    """``tf.Example`` in protocol buffers proper, made from its definition."""
    pytest.importorskip("google.protobuf", reason="protobuf is not installed")
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="x", syntax="proto3")

    def message(name, *fields):
        made = file.message_type.add(name=name)
        for field, number, label, kind, of in fields:
            one = made.field.add(name=field, number=number, label=label, type=kind)
            if of:
                one.type_name = f".x.{of}"
        return made

    many, one = kinds.LABEL_REPEATED, kinds.LABEL_OPTIONAL
    message("BytesList", ("value", 1, many, kinds.TYPE_BYTES, ""))
    message("FloatList", ("value", 1, many, kinds.TYPE_FLOAT, ""))
    message("Int64List", ("value", 1, many, kinds.TYPE_INT64, ""))
    feature = message(
        "Feature",
        ("bytes_list", 1, one, kinds.TYPE_MESSAGE, "BytesList"),
        ("float_list", 2, one, kinds.TYPE_MESSAGE, "FloatList"),
        ("int64_list", 3, one, kinds.TYPE_MESSAGE, "Int64List"),
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    message(
        "Entry", ("key", 1, one, kinds.TYPE_STRING, ""), ("value", 2, one, kinds.TYPE_MESSAGE, "Feature")
    )  # a map, as it is on the wire
    message("Features", ("feature", 1, many, kinds.TYPE_MESSAGE, "Entry"))
    message("Example", ("features", 1, one, kinds.TYPE_MESSAGE, "Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("x.Example"))


VALUES = st.one_of(
    st.none(),
    st.lists(st.binary(max_size=5), min_size=1, max_size=4),
    st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4),
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_the_wire_is_that_of_protocol_buffers(features):
    made = example_class()()
    made.features.SetInParent()
    for name, values in features.items():
        entry = made.features.feature.add(key=name)
        entry.value.SetInParent()
        if values:
            kind = {bytes: "bytes_list", float: "float_list", int: "int64_list"}[type(values[0])]
            getattr(entry.value, kind).value.extend(values)
    expected = {name: values or [] for name, values in features.items()}
    assert {name: values for name, (_, values) in parse(made.SerializeToString()).items()} == expected
    assert {name: values for name, (_, values) in parse(serialize(features)).items()} == expected


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x0a", b"\xff" * 20, b"\x0b", b"\x0a\x03\x0a\x01\x0a"])
def test_bytes_that_are_no_example(data):
    with pytest.raises(WireError):
        parse(data)


@pytest.mark.parametrize("name", ["x.tfrecord", "x.tfrecords.gz", "x.tfrecord.gz"])
def test_examples_are_rows(tmp_path, name):
    write_tfrecord(tmp_path / name, ROWS)
    table = read(tmp_path)
    assert [(column.name, column.type.value, column.nested) for column in table.columns] == [
        ("age", "INT", ""),
        ("gone", "STRING", ""),
        ("name", "STRING", ""),
        ("raw", "BYTES", ""),
        ("score", "LIST", "DOUBLE[]"),
        ("tags", "LIST", "VARCHAR[]"),
    ]
    rows = list(table.iter_rows())
    assert rows[0] == {**ROWS[0], "score": [0.5, 2.0]}
    assert rows[1] == ROWS[1]
    assert str(rows[2]["score"]) == "[1.0, nan, inf]"
    assert rows[2]["tags"] is None


def test_a_feature_that_comes_late_and_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("mainspring.data.sources.tf_records._BATCH_RECORDS", 3)
    write_tfrecord(tmp_path / "1.tfrecord", [{"n": n} for n in range(7)])
    write_tfrecord(tmp_path / "2.tfrecord", [{"n": 7, "late": ["x", "y"]}, {}])
    table = read(tmp_path)
    assert table.to_columns() == {"late": [None] * 7 + [["x", "y"], None], "n": [*range(8), None]}


def damaged(path, place, mask=1):
    data = bytearray(path.read_bytes())
    data[place] ^= mask
    path.write_bytes(data)
    return path


def test_damage_is_named_with_its_byte(tmp_path):
    path = tmp_path / "x.tfrecord"
    records = [b"abc", b"defgh", b"i"]
    write_records(path, records)
    whole = path.read_bytes()
    starts = [0, 19, 40]
    assert len(whole) == 57
    cases = [
        (19 + 12, "record 2, which begins at byte 19, is damaged: its bytes"),
        (40, "record 3, which begins at byte 40, is damaged: its length"),
        (10, "record 1, which begins at byte 0, is damaged: its length"),
        (56, "record 3, which begins at byte 40, is damaged: its bytes"),
    ]
    for place, message in cases:
        path.write_bytes(whole)
        with pytest.raises(InputError, match=message):
            read(damaged(path, place))
    for end in (5, 14, 25, 56):
        path.write_bytes(whole[:end])
        number = sum(start < end for start in starts)
        with pytest.raises(
            InputError, match=f"record {number}, which begins at byte {starts[number - 1]}.*ends inside"
        ):
            read(path)
    (tmp_path / "y.tfrecord.gz").write_bytes(gzip.compress(whole * 50, mtime=0)[:-20])
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / "y.tfrecord.gz")


def test_files_without_examples_and_mixed_features(tmp_path):
    path = tmp_path / "x.tfrecord"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="there is no example"):
        read(path)
    write_tfrecord(path, [{}, {}])
    with pytest.raises(InputError, match="2 examples without a feature"):
        read(path)
    write_tfrecord(path, [{"a": 1}, {"a": "x"}])
    with pytest.raises(InputError, match="record 2: 'a' is bytes, and whole numbers before"):
        read(path)
    write_tfrecord(path, [{"a": 1, "A": 1}])
    with pytest.raises(InputError, match="upper and lower case alone: A, a"):
        read(path)
    write_records(path, [b"\xff\xff"])
    with pytest.raises(InputError, match=r"record 1: not a tf\.Example"):
        read(path)


def test_a_masked_checksum():
    # Of tensorflow/core/lib/hash/crc32c_test.cc: masking twice differs from masking once, and from the checksum.
    checksum = crc32c(b"foo")
    assert len({checksum, masked(checksum), masked(masked(checksum))}) == 3
    assert masked(0) == 0xA282EAD8
