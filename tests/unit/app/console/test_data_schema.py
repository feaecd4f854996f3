"""The schema of a project in the console: check, draft, accept, save, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.app.console.conftest import Used, words_of

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.api.subjects import data
from mainspring.app.api.subjects.data.schema_text import rewritten
from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.bundled import write_csv
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Feature, Schema

PIPELINE = """
from mainspring import File, curated, pipeline, steps

@pipeline
def shop(data: File = File("shop.csv")):
    examples = steps.ingest(data, splits={"train": 3, "eval": 1})
    statistics = steps.statistics(examples)
    schema = curated(steps.infer_schema(statistics, label="bought"), file="schema.yaml")
    steps.validate(statistics, schema, examples=examples)
"""
TEXT = """\
# ours
label: bought   # what is asked
environments: [TRAINING, SERVING]

features:
  # in euros
  price:
    type: INT  # whole
    required: true
    presence: 0.9
  # how they pay
  "pay: #how":
    type: STRING
    domain:
      - card
      # small change
      - cash
  bought: {type: BOOL}
# the end
"""


def _rows(path: Path, words: list[str], top: int) -> None:
    count = 120
    columns = {
        "price": [place % top for place in range(count)],
        "pay: #how": [words[place % len(words)] for place in range(count)],
        "bought": [place % 3 == 0 for place in range(count)],
    }
    write_csv(Table.from_columns(columns), path)


@pytest.fixture
def shop(tmp_path: Path, using: Callable[..., Used]) -> Used:
    """A shop whose second delivery has a new word and higher prices than its schema lets pass."""
    (tmp_path / "mainspring.toml").write_text('[project]\nname = "shop"\npipeline = "pipeline.py"\n')
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    (tmp_path / "schema.yaml").write_text(TEXT)
    with platform.open(tmp_path) as opened:
        for words, top in ((["card", "cash"], 50), (["card", "cash", "shells"], 70)):
            _rows(tmp_path / "shop.csv", words, top)
            opened.pipelines.run()
    return using(tmp_path)


def _file(used: Used) -> Path:
    return used.opened.settings.root / "schema.yaml"


def test_comments_and_order_stay_where_nothing_changes() -> None:
    before = Schema.from_text(TEXT)
    features = dict(before.features)
    features["price"] = replace(features["price"], max=70)
    features["new one"] = Feature(name="new one", type=ColumnType.FLOAT)
    made = rewritten(TEXT, before, replace(before, features=features, version=2))
    assert (made.lost, made.whole) == ((), False)
    expected = TEXT.replace("# ours\n", "# ours\nversion: 2\n")
    expected = expected.replace("    presence: 0.9\n", "    presence: 0.9\n    max: 70\n")
    expected = expected.replace("# the end", "  new one:\n    type: FLOAT\n# the end")
    assert made.text == expected


def test_comments_that_cannot_stay_are_named() -> None:
    before = Schema.from_text(TEXT)
    pay = before.features["pay: #how"]
    features = {**before.features, "pay: #how": replace(pay, domain=("card", "cash", "shells"))}
    made = rewritten(TEXT, before, replace(before, features=features))
    assert (made.lost, made.whole) == (("# small change",), False)


def test_a_text_in_one_line_is_written_anew_and_says_what_is_lost() -> None:
    text = "{features: {a: {type: INT}}} # short\n"
    before = Schema.from_text(text)
    now = replace(before, features={"a": replace(before.features["a"], max=3)})
    made = rewritten(text, before, now)
    assert (made.whole, made.lost) == (True, ("# short",))
    assert Schema.from_text(made.text) == now


def test_a_schema_knows_its_data(shop: Used) -> None:
    (one,) = data.schemas(shop.desk)
    assert (one.file, one.features, one.label, list(one.data)) == ("schema.yaml", 3, "bought", ["shop.ingest"])
    assert data.schema(shop.desk, "schema.yaml").comments == 4
    with pytest.raises(NotFoundError, match="no schema file"):
        data.schema(shop.desk, "../schema.yaml")


def test_an_edited_text_is_checked_against_the_last_versions(shop: Used) -> None:
    tighter = TEXT.replace("presence: 0.9", "presence: 0.9\n    max: 60")
    found = data.check_schema(shop.desk, "schema.yaml", text=tighter)
    assert [(one.column, one.text, one.effect) for one in found.changes] == [
        ("price", "max: nothing → 60", "tighter")
    ]
    newest, older = found.meant
    assert (newest.version, older.version) == (2, 1)
    assert {one.column for one in newest.appear} == {"price"}
    assert newest.vanish == []
    assert older.appear == []
    assert shop.trail.entries == []


def test_problems_have_lines(shop: Used) -> None:
    found = data.check_schema(shop.desk, "schema.yaml", text="features:\n  a: {type: INTT}\n  b: 3\n")
    assert not found.ok
    assert [one.line for one in found.problems] == [2, 3]
    assert "did you mean INT" in found.problems[0].message


def test_what_was_found_is_accepted_as_the_new_normal(shop: Used) -> None:
    draft = data.suggest_schema(shop.desk, file="schema.yaml", name="shop.ingest", version="2")
    assert "- shells" in draft.text
    assert "# in euros" in draft.text
    assert draft.lost == ("# small change",)
    found = data.check_schema(shop.desk, "schema.yaml", text=draft.text)
    assert found.meant[0].before[0] > 0
    assert found.meant[0].after == (0, 0)


def test_only_one_column_is_relaxed_where_only_one_is_meant(shop: Used) -> None:
    draft = data.suggest_schema(shop.desk, file="schema.yaml", column="price")
    assert "shells" not in draft.text


def test_private_columns_are_not_relaxed_in_suggestions(shop: Used) -> None:
    text = TEXT.replace('"pay: #how":\n', '"pay: #how":\n    tags: [Private]\n')
    _file(shop).write_text(text)
    draft = data.suggest_schema(shop.desk, file="schema.yaml")
    assert "shells" not in draft.text
    assert "shells" not in " ".join(draft.notes)
    assert "pay: #how is private and left as it is" in draft.notes


def test_limits_of_private_columns_cannot_be_tried(shop: Used) -> None:
    text = TEXT.replace("type: INT  # whole", "type: INT\n    tags: [pii]")
    _file(shop).write_text(text)
    tried = text.replace("presence: 0.9", "presence: 0.9\n    max: 60")
    found = data.check_schema(shop.desk, "schema.yaml", text=tried)
    assert [one.column for one in found.changes] == ["price"]
    assert [list(one.appear) for one in found.meant] == [[], []]


def test_a_column_is_edited_as_in_a_form(shop: Used) -> None:
    draft = data.draft_column(
        shop.desk, file="schema.yaml", column="price", kind="INT", presence="0.5", most="60", tags="money, pii"
    )
    feature = Schema.from_text(draft.text).features["price"]
    assert (feature.presence, feature.max, feature.tags) == (0.5, 60, ("money", "pii"))
    assert "type: INT  # whole" in draft.text
    with pytest.raises(InputError, match="presence is 7"):
        data.draft_column(shop.desk, file="schema.yaml", column="price", presence="7")


def test_saving_keeps_what_was_there(shop: Used) -> None:
    before = data.schema(shop.desk, "schema.yaml")
    text = TEXT.replace("presence: 0.9", "presence: 0.8")
    told = shop.act("data.save_schema", file="schema.yaml", text=text.replace("\n", "\r\n"), seen=before.digest)
    assert told["told"].startswith("schema.yaml is saved")
    assert _file(shop).read_text() == text
    after = data.schema(shop.desk, "schema.yaml")
    assert [(one.by, one.digest) for one in after.kept] == [("ada", before.digest)]
    assert data.kept_schema(shop.desk, before.digest, file="schema.yaml") == TEXT
    (entry,) = shop.trail.entries
    assert entry.operation == "data.save_schema"
    assert "text" not in entry.given
    assert "presence: 0.9" in shop.page(f"/data/schemas/schema.yaml?kept={before.digest}")


def test_a_file_that_changed_meanwhile_is_not_overwritten(shop: Used) -> None:
    seen = data.schema(shop.desk, "schema.yaml").digest
    _file(shop).write_text(TEXT + "# somebody else\n")
    with pytest.raises(ConflictError, match="changed since you began") as caught:
        data.save_schema(shop.desk, "schema.yaml", text=TEXT, seen=seen)
    assert "open the page again" in str(caught.value.fix)
    assert "somebody else" in _file(shop).read_text()


def test_what_is_no_schema_is_not_saved(shop: Used) -> None:
    seen = data.schema(shop.desk, "schema.yaml").digest
    told = shop.post("/data/schemas/schema.yaml", {"text": "features: 3", "seen": seen}, status=400, method="PUT")
    assert told["error"]["where"] == "schema.yaml"
    assert _file(shop).read_text() == TEXT


def test_a_viewer_may_check_and_not_save(shop: Used) -> None:
    shop.somebody.role = Role.VIEWER
    shop.post("/data/schema-checks", {"file": "schema.yaml", "text": TEXT})
    seen = data.schema(shop.desk, "schema.yaml").digest
    shop.post("/data/schemas/schema.yaml", {"text": TEXT, "seen": seen}, status=403, method="PUT")
    assert "Saving needs the role editor" in words_of(shop.page("/data/schemas/schema.yaml"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Change the text, and this says what it would mean"),
        ("?draft=accept&name=shop.ingest&version=2", "1 comment cannot be kept"),
        ("?draft=column&column=price&kind=INT&most=60&presence=0.9&required=yes", "A draft, not saved yet"),
        ("?column=pay:+%23how", "Edit the column pay: #how"),
        ("?column=nobody", "Add the column nobody"),
    ],
)
def test_pages(shop: Used, query: str, words: str) -> None:
    assert words in words_of(shop.page(f"/data/schemas/schema.yaml{query}"))


def test_a_broken_file_can_be_mended_in_the_browser(shop: Used) -> None:
    _file(shop).write_text("features:\n  a: {type: WHAT}\n")
    html = words_of(shop.page("/data/schemas/schema.yaml"))
    assert "cannot be read as a schema" in html
    seen = data.schema(shop.desk, "schema.yaml").digest
    data.save_schema(shop.desk, "schema.yaml", text=TEXT, seen=seen)
    assert data.schema(shop.desk, "schema.yaml").problem == ""


def test_collected_bytes_are_told_kindly(shop: Used) -> None:
    version = data.version_facts(shop.desk, "shop.ingest", "1").version
    shop.opened.store.blobs.collect(set(), older_than=-1.0)
    assert not data.version_facts(shop.desk, "shop.ingest", "1").kept
    for path in ("", "/statistics", "/rows", "/anomalies"):
        html = words_of(shop.page(f"/data/shop.ingest/{version.number}{path}"))
        assert "collected" in html
    with pytest.raises(NotFoundError, match="collected to save room"):
        data.rows(shop.desk, "shop.ingest", "1")
    assert "collected" in words_of(shop.page("/data/shop.ingest/drift"))
