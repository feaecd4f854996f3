"""The table of kinds is whole, and the guide shows it as it is."""

from pathlib import Path

from mainspring.data import AnomalyType
from mainspring.data.validation.catalogue import ABSENT, CATALOGUE, Origin, as_markdown

GUIDE = Path(__file__).parents[4] / "docs/guide/data/validation.md"


def names(origin):
    return {type_.value for type_, entry in CATALOGUE.items() if entry.origin is origin}


def test_every_kind_has_an_entry():
    assert set(CATALOGUE) == set(AnomalyType)
    assert all(entry.short and entry.condition for entry in CATALOGUE.values())


def test_all_names_of_tensorflow_metadata_are_accounted_for():
    # 89 values of AnomalyInfo.Type: 61 that its engine names, 28 that it does not.
    assert len(names(Origin.RAISED)) == 61
    assert len(names(Origin.DECLARED)) + len(ABSENT) == 28
    assert not set(ABSENT) & set(AnomalyType)


def test_the_guide_shows_the_table_as_it_is():
    assert GUIDE.read_text(encoding="utf-8").split("<!-- kinds -->\n")[1] == as_markdown() + "\n"
