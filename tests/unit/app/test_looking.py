"""A first look at files as people really have them."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from mainspring.app.looking import look
from mainspring.app.scaffold import write_project
from mainspring.core.errors import InputError, NotFoundError

ROWS = [(index / 2, "München" if index % 3 else "Köln", "yes" if index % 2 else "no") for index in range(60)]


def text(delimiter: str = ",", comma: bool = False) -> str:
    lines = [delimiter.join(("amount", "city", "target"))]
    for amount, city, target in ROWS:
        lines.append(delimiter.join((str(amount).replace(".", "," if comma else "."), city, target)))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("zipped", [False, True])
def test_other_encodings_are_found_out(tmp_path: Path, encoding: str, zipped: bool) -> None:
    content = text().encode(encoding)
    file = tmp_path / ("data.csv.gz" if zipped else "data.csv")
    file.write_bytes(gzip.compress(content) if zipped else content)
    seen = look(file, "target")
    assert seen.dialect == {"encoding": encoding}
    assert (seen.rows, seen.classes, seen.slices) == (60, 2, ["city"])


def test_utf_8_with_a_mark_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(text(), encoding="utf-8-sig")
    assert look(tmp_path / "data.csv", "target").dialect == {}


def test_numbers_with_a_decimal_comma_are_found_out(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(text(";", comma=True), encoding="utf-8")
    assert look(tmp_path / "data.csv", "target").dialect == {"decimal_comma": ["amount"]}


def test_a_folder_and_a_glob_are_looked_at_as_one_table(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(text(), encoding="utf-8")
    assert look(tmp_path, "target").rows == 120
    assert look(tmp_path / "*.csv", "target").rows == 120
    with pytest.raises(NotFoundError, match="there is no data"):
        look(tmp_path / "*.parquet", "target")


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    lines = text().splitlines()
    lines[5:8] = [line.rpartition(",")[0] + "," for line in lines[5:8]]
    (tmp_path / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    seen = look(tmp_path / "data.csv", "target")
    assert (seen.rows, seen.unlabelled) == (60, 3)
    write_project(tmp_path / "project", tmp_path / "data.csv", seen)
    assert "where='\"target\" IS NOT NULL'" in (tmp_path / "project" / "pipeline.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["0.0", "1.0"], 2),  # as pandas writes whole numbers that had holes
        (["true", "false"], 2),
        (["0", "1", "2"], 3),
        ([str(number) for number in range(25)], 0),
        (["0.5", "1.5"], 0),
    ],
)
def test_the_task_is_what_training_will_take_it_for(tmp_path: Path, labels: list[str], classes: int) -> None:
    from mainspring.data import Table
    from mainspring.data.transforms.labels import find_classes

    rows = "".join(f"{index},{labels[index % len(labels)]}\n" for index in range(50))
    (tmp_path / "data.csv").write_text("x,y\n" + rows, encoding="utf-8")
    assert look(tmp_path / "data.csv", "y").classes == classes
    assert len(find_classes(Table.read_csv(tmp_path / "data.csv"), "y") or ()) == classes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("target\nyes\nno\n", "no column but the label"),
        ("x,target\n1,yes\n2,yes\n", "has 1 different value"),
        ("x,target\n", "has 0 different values"),
        ("x,target\n1,2020-01-01\n2,2021-01-01\n", "is a DATE"),
    ],
)
def test_what_cannot_be_learnt_is_refused_at_once(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "data.csv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        look(tmp_path / "data.csv", "target")


@pytest.mark.parametrize("name", ["class", "import", "steps", "when", "2024", "my model", "..."])
def test_any_name_gives_a_project_that_can_be_built(tmp_path: Path, name: str) -> None:
    from mainspring.pipelines.loading import load_pipeline

    (tmp_path / "data.csv").write_text(text(), encoding="utf-8")
    write_project(tmp_path / name, tmp_path / "data.csv", look(tmp_path / "data.csv", "target"))
    graph = load_pipeline(tmp_path / name / "pipeline.py", root=tmp_path / name).build()
    assert "push" in graph.nodes


def test_a_new_project_can_train_on_what_was_asked_unless_columns_were_left_out(tmp_path: Path) -> None:
    lines = [f"{index % 7},{index % 2},{'yes' if index % 2 else 'no'}" for index in range(200)]
    (tmp_path / "data.csv").write_text("amount,answer,target\n" + "\n".join(lines) + "\n", "utf-8")
    seen = look(tmp_path / "data.csv", "target")
    assert [name for name, _ in seen.giveaways] == ["answer"]
    from mainspring.pipelines.loading import load_pipeline

    for told, expected in ((seen, False), (replace(seen, giveaways=()), True)):
        project = tmp_path / str(expected)
        write_project(project, tmp_path / "data.csv", told)
        found = load_pipeline(project / "pipeline.py", root=project)
        assert ("traffic" in found.parameters) is expected
        if expected:
            assert "logged_examples" in found.build(traffic=True).nodes
            assert "logged_examples" not in found.build().nodes
