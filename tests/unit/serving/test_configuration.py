"""The file of a server: read, filled from the environment, and refused with the place."""

import json
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.http_server import bound


def test_a_file_says_it_all_and_places_are_relative_to_it(tmp_path: Path) -> None:
    file = tmp_path / "conf" / "server.yaml"
    file.parent.mkdir()
    file.write_text(
        "host: ${HOST}\nport: 9000\nworkers: 2\nrepository: {folder: models, mode: poll}\n"
        "models: {taxi: {package: ../taxi, versions: {latest: 2}, labels: {stable: '1'}}}\n"
    )
    options = read_options(file, {"HOST": "10.0.0.1"})
    assert (options.host, options.port, options.processes) == ("10.0.0.1", 9000, 2)
    assert Path(options.models["taxi"].package).resolve() == tmp_path / "taxi"
    assert options.models["taxi"].versions.latest == 2
    assert options.repository.folder == str(tmp_path / "conf" / "models")
    file.with_suffix(".json").write_text(json.dumps({"port": 1}))
    assert read_options(file.with_suffix(".json")) == ServerOptions(port=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot: 80", "prot"),
        ("port: eighty", r"\$\.port"),
        ("port: 70000", r"\$\.port"),
        ("models: {taxi: {labels: {a-b: '1'}}}", "models"),
        ("models: {taxi: {versions: {latest: 0}}}", "latest"),
        ("models: {taxi: {threads: 1}, fares: {threads: 0}}", r"models\['fares'\]\.threads"),
        ("models: {fares: {thread: 1}}", r"`thread` - at `\$\.models\['fares'\]`"),
        (
            "models: {fares: {package: a, component: {entry: 'b:C'}}}",
            r"models\['fares'\]: .* package and component",
        ),
        ("models: {fares: {component: {entry: b}}}", r"models\['fares'\]: the entry is 'b'"),
        ("models: {fares/2026: {package: a}}", r"'fares/2026' is no name for a model"),
        ("models: {'': {threads: 1}}", "'' is no name for a model"),
        ("models: {1: {threads: 1}}", "models"),
        ("models: [taxi]", r"\$\.models"),
        ("- models", "the file is wrong"),
        ("host: [", "the file is wrong"),
        ("host: ${NOT_SET_ANYWHERE}", "export NOT_SET_ANYWHERE"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_options(file, {})
    assert str(file) in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        read_options(tmp_path / "none.yaml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_bytes(b"\xff\xfe")
    for place in (tmp_path / "server.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_options(place)


def test_an_address_that_this_machine_has_not() -> None:
    with pytest.raises(UnavailableError, match="no such address"), bound("no such host", 0):
        pass
