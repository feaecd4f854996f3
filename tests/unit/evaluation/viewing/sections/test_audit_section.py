"""The section of an audit."""

from mainspring.evaluation.audit import Audit, Item, Severity, Status
from mainspring.evaluation.viewing.sections.audit import audit_section

AUDIT = Audit(
    title="Loans",
    purpose="Who gets a loan",
    items=(
        Item(name="old", question="Is it wrong for old people?", status=Status.COVERED, evidence=("page 3",)),
        Item(name="late", question="Is it late?", severity=Severity.LOW),
        Item(
            name="women", question="Does it find fewer women?", severity=Severity.HIGH, owner="Ada",
            slices=("sex=Female",), metric="recall", at_least=0.8,
        ),
    ),
)  # fmt: skip


def test_open_items_come_first_and_the_worst_of_them() -> None:
    section = audit_section(AUDIT)
    assert section.lead == "Who gets a loan. Nobody has agreed to this list yet."
    assert [(fact.name, fact.value) for fact in section.facts] == [
        ("open", "2"),
        ("accepted", "0"),
        ("covered", "1"),
    ]
    rows = section.grids[0].rows
    assert [row[0].more for row in rows] == [
        "women · Ada",
        "late · nobody looks after it",
        "old · nobody looks after it",
    ]
    assert rows[0][4].text == "recall | sex=Female >= 0.8"
    assert rows[2][3].more == "page 3"


def test_an_empty_list_says_what_to_do() -> None:
    assert "write down how the model might go wrong" in audit_section(Audit(title="Loans")).empty
