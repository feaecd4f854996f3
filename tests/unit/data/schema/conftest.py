"""Any schema that does not contradict itself: what the laws of the written forms are tested on."""

import pytest
from hypothesis import strategies as st

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import (
    BoolDomain,
    DriftLimits,
    Feature,
    ImageDomain,
    LanguageDomain,
    Range,
    Schema,
    SparseFeature,
    SqlCheck,
    Stage,
    TimeDomain,
    TokenConstraint,
    ValueCount,
    WeightedFeature,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PATHS = ["person", "person.age", "person.home", "person.home.city", "person.a\\.b", "a\\.b", "a.b"]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(PATHS)
SHARES = st.floats(0, 1)
COUNTS = st.integers(0, 2**40)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LIMITS = st.builds(
    DriftLimits, *[st.none() | SHARES] * 3, *[st.none() | st.floats(0, 9)] * 2, *[st.none() | SHARES] * 2
)
PLACES = ["TRAINING", "SERVING"]
SEVERITIES = st.sampled_from(["ERROR", "WARNING", "IGNORE"])
KINDS = st.dictionaries(st.sampled_from(["SCHEMA_NEW_COLUMN", "FLOAT_TYPE_HAS_NAN"]), SEVERITIES)


def ordered(values):
    """Pairs of least and largest, either of them left open."""
    return st.tuples(st.none() | values, st.none() | values).map(
        lambda pair: pair if None in pair else (min(pair), max(pair))
    )


RANGES = ordered(COUNTS).map(lambda pair: Range(*pair))
FRACTIONS = ordered(st.floats(0, 9)).map(lambda pair: Range(*pair))
COUNTED = ordered(COUNTS).map(lambda pair: ValueCount(*pair))


@st.composite
def languages(draw):
    tokens = draw(st.lists(TEXT, unique=True, max_size=2))
    per, share = ordered(COUNTS), ordered(SHARES)
    return LanguageDomain(
        vocabulary=draw(st.none() | NAMES),
        min_coverage=draw(st.none() | SHARES),
        min_avg_token_length=draw(st.none() | st.floats(0, 20)),
        excluded_tokens=tuple(draw(st.lists(TEXT, max_size=2))),
        oov_tokens=tuple(draw(st.lists(TEXT, max_size=2))),
        token_constraints=tuple(TokenConstraint(token, *draw(per), *draw(share)) for token in tokens),
        sequence_length=draw(st.none() | RANGES),
    )


def domains(type_):
    """What the values of a type may stand for, as keys of a feature."""
    kinds = [st.just({})]
    if type_ is ColumnType.STRING:
        kinds += [
            st.lists(TEXT, unique=True, max_size=5).map(lambda words: {"domain": tuple(words)}),
            st.tuples(st.none() | TEXT, st.none() | TEXT)
            .map(lambda pair: BoolDomain(*pair))
            .filter(lambda one: len(set(one.values(numeric=False))) == 2)
            .map(lambda one: {"bool_domain": one}),
            st.builds(TimeDomain, NAMES.map(lambda word: f"%Y{word}"), of_day=st.booleans()).map(
                lambda one: {"time": one}
            ),
            languages().map(lambda one: {"language": one}),
        ]
    if type_.is_numeric:
        kinds += [
            st.just({"bool_domain": BoolDomain()}),
            st.just({"bool_domain": BoolDomain("1", "2")}),
            st.sampled_from(["UNIX_SECONDS", "UNIX_NANOSECONDS"]).map(
                lambda unit: {"time": TimeDomain(unit=unit)}
            ),
            st.just({"categorical": True}),
        ]
    if type_ is ColumnType.BYTES:
        images = st.builds(ImageDomain, st.none() | SHARES, st.none() | COUNTS)
        kinds += [images.map(lambda one: {"image": one})]
    return st.one_of(kinds)


@st.composite
def features(draw, name):
    type_ = draw(st.sampled_from(ColumnType))
    numbers = ordered(WHOLE if type_ is ColumnType.INT else FLOATS)
    low, high = draw(numbers) if type_.is_numeric else (None, None)
    lists = draw(
        st.just({})
        | st.lists(COUNTED, max_size=3).map(lambda counts: {"value_counts": tuple(counts)})
        | st.lists(COUNTS, max_size=3).map(lambda sizes: {"shape": tuple(sizes)})
    )
    return Feature(
        name=name,
        type=type_,
        required=draw(st.booleans()),
        presence=draw(SHARES),
        min_count=draw(st.none() | COUNTS),
        min_domain_mass=draw(SHARES),
        min=low,
        max=high,
        allow_nan=draw(st.booleans()),
        allow_inf=draw(st.booleans()),
        unique=draw(st.none() | RANGES),
        length=draw(st.none() | RANGES) if type_ in {ColumnType.STRING, ColumnType.BYTES} else None,
        stage=draw(st.sampled_from(Stage)),
        drift=draw(LIMITS),
        skew=draw(LIMITS),
        protected=draw(st.booleans()),
        frozen=draw(st.booleans()),
        description=draw(TEXT),
        tags=tuple(draw(st.lists(TEXT, max_size=2))),
        severities=draw(KINDS),
        **draw(
            st.sampled_from(
                [{}, {"absent_in": ("SERVING",)}, {"absent_in": tuple(PLACES)}, {"present_in": ("TRAINING",)}]
            )
        ),
        **lists,
        **draw(domains(type_)),
    )


@st.composite
def schemas(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    columns = st.sampled_from(names)
    others = draw(st.lists(NAMES.filter(lambda name: name not in names), max_size=3, unique=True))
    least, most = draw(ordered(COUNTS))
    return Schema(
        features={name: draw(features(name)) for name in names},
        label=draw(st.none() | columns),
        environments=draw(st.sampled_from([("TRAINING", "SERVING"), ("SERVING", "TRAINING", "my lab")])),
        min_examples=least,
        max_examples=most,
        num_examples_drift=draw(st.none() | FRACTIONS),
        num_examples_version=draw(st.none() | FRACTIONS),
        drift=draw(LIMITS),
        skew=draw(LIMITS),
        sparse=tuple(
            SparseFeature(
                name=name,
                index=tuple(draw(st.lists(columns, min_size=1, max_size=2))),
                value=draw(columns),
                is_sorted=draw(st.booleans()),
            )
            for name in others[:1]
        ),
        weighted=tuple(
            WeightedFeature(name=name, feature=draw(columns), weight=draw(columns)) for name in others[1:2]
        ),
        checks=tuple(
            SqlCheck(
                name=name,
                sql="SELECT " + draw(TEXT),
                description=draw(TEXT),
                severity=draw(SEVERITIES),
                feature=draw(st.just("") | columns),
            )
            for name in others[2:]
        ),
        severities=draw(KINDS),
        version=draw(st.none() | st.integers(0, 99)),
    )


@pytest.fixture(scope="session")
def any_schema():
    return schemas()
