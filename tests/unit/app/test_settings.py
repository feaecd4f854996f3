"""Settings: defaults, the file, the environment, and mistakes told all at once."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from mainspring.app.settings import Project, Run, Schedule, Serving, Settings, Store
from mainspring.app.settings_file import find_root, load
from mainspring.core.errors import InputError, NotFoundError


def write(folder: Path, text: str) -> Path:
    """A settings file."""
    (folder / "mainspring.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/guide/pipelines.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `[")]
    for section, kind in {"project": Project, "store": Store, "run": Run, "serving": Serving}.items():
        for one in fields(kind):
            found = [row for row in rows if f"`[{section}]" in row and re.search(rf"[ `]{one.name}`", row)]
            assert found, f"[{section}] {one.name} is not on the page"
            default = f"`{one.default}`" if one.default not in ("", 0) else ""
            assert default in found[0], f"the default of [{section}] {one.name} on the page is not {one.default!r}"
    rules = {one.name for one in fields(Schedule)} - {"name", "parameters"}
    assert all(f"{rule} = " in page for rule in rules)


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    found = load(tmp_path, {})
    assert found == Settings(root=tmp_path)
    assert found.store.record == "sqlite:///.mainspring/record.db"
    assert found.project.pipeline == "pipeline.py"
    assert found.workers >= 1
    assert found.path("a/b") == tmp_path / "a/b"
    assert found.path("/a/b") == Path("/a/b")


def test_every_setting_can_be_given_in_the_file(tmp_path: Path) -> None:
    text = """
    [project]
    name = "taxi"
    pipeline = "flows.py:nightly"
    [store]
    record = "postgresql://db/ms"
    artifacts = "/data/artifacts"
    [run]
    home = "/var/ms"
    workers = 3
    [serving]
    host = "0.0.0.0"
    port = 9000
    deployments = "d"
    log = "l"
    """
    found = load(write(tmp_path, text), {})
    assert (found.project.name, found.project.pipeline) == ("taxi", "flows.py:nightly")
    assert (found.store.record, found.store.artifacts) == ("postgresql://db/ms", "/data/artifacts")
    assert (found.run.home, found.run.workers, found.workers) == ("/var/ms", 3, 3)
    assert (found.serving.host, found.serving.port, found.serving.deployments, found.serving.log) == (
        "0.0.0.0",
        9000,
        "d",
        "l",
    )


def test_the_environment_wins(tmp_path: Path) -> None:
    environ = {"MAINSPRING_STORE_RECORD": "sqlite:///other.db", "MAINSPRING_RUN_WORKERS": "5", "MAINSPRING_X": "y"}
    found = load(write(tmp_path, '[store]\nrecord = "sqlite:///a.db"\n'), environ)
    assert (found.store.record, found.run.workers) == ("sqlite:///other.db", 5)


def test_schedules(tmp_path: Path) -> None:
    text = """
    [[schedule]]
    cron = "0 3 * * *"
    [[schedule]]
    name = "new data"
    data = "in/*.csv"
    parameters = { rows = 5 }
    """
    found = load(write(tmp_path, text), {}).schedule
    assert found == (
        Schedule(name="cron 0 3 * * *", cron="0 3 * * *"),
        Schedule(name="new data", data="in/*.csv", parameters={"rows": 5}),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[projct]\n", ["there is no section [projct] (did you mean 'project'?)"]),
        (
            "[other]\n",
            ["there is no section [other]", "project, store, run, serving, monitoring, console, schedule, "],
        ),
        ("[run]\nworker = 3\n", ["[run] has no setting 'worker' (did you mean 'workers'?)"]),
        ("[run]\nworkers = 'three'\n", ["[run] workers = 'three': expected int"]),
        ("[run]\nworkers = true\n", ["[run] workers = True: expected int"]),
        ("[run]\nworkers = -1\n", ["[run] workers = -1: expected 0 or more"]),
        ("[serving]\nport = 70000\n", ["[serving] port = 70000: expected 0 to 65535"]),
        ("[store]\nrecord = 3\n", ["[store] record = 3: expected str"]),
        ("project = 'taxi'\n", ["project = 'taxi': expected a section [project]"]),
        ("[schedule]\ncron = 'x'\n", ["expected [[schedule]], in double brackets"]),
        ("schedule = ['x']\n", ["expected [[schedule]], in double brackets"]),
        ("[[schedule]]\n", ["[[schedule]] 1 has no rule; give one of cron, every, data, topic"]),
        ("[[schedule]]\ncron = '@daily'\nevery = '1h'\n", ["[[schedule]] 1 has ['cron', 'every']"]),
        ("[[schedule]]\ncron = '@daily'\n[[schedule]]\nparameters = 3\n", ["[[schedule]] 2 parameters = 3"]),
        ("[run]\nworker = 3\n[stor]\n[serving]\nport = 'x'\n", ["'worker'", "[stor]", "port = 'x'"]),
        ("[run\n", ["it is not TOML", "line 1"]),
        ("[promotion]\nroles = []\n", ["expected [[promotion]], in double brackets"]),
        ("[[promotion]]\nroles = ['risk']\n", ["[[promotion]] 1 names no environment"]),
        ("[[promotion]]\nenvironment = 'p'\nroles = 'risk'\n", ["1 roles = 'risk': expected a list of names"]),
        ("[[promotion]]\nenvironment = 'p'\npeople.risk = ['ann']\n", ["people for risk, which need not sign"]),
    ],
)
def test_mistakes_are_told_all_at_once(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        load(write(tmp_path, text), {})
    assert caught.value.where == str(tmp_path / "mainspring.toml")
    for word in words:
        assert word in caught.value.found


def test_a_wrong_value_in_the_environment(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\[run\] workers = 'many'"):
        load(tmp_path, {"MAINSPRING_RUN_WORKERS": "many"})


def test_files_as_other_programs_write_them(tmp_path: Path) -> None:
    (tmp_path / "mainspring.toml").write_bytes(b'\xef\xbb\xbf[project]\r\nname = "t"\r\n')
    assert load(tmp_path, {}).project.name == "t"
    (tmp_path / "mainspring.toml").write_bytes(b'[project]\nname = "\xff"\n')
    with pytest.raises(InputError, match="not TOML"):
        load(tmp_path, {})


def test_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "one/deep/deeper").mkdir(parents=True)
    with pytest.raises(NotFoundError, match=r"there is no mainspring.toml in") as caught:
        find_root(tmp_path)
    assert "mainspring init" in str(caught.value.fix)
    write(tmp_path / "one", "")
    assert find_root(tmp_path / "one/deep/deeper") == tmp_path / "one", "upwards"
    assert find_root(tmp_path) == tmp_path / "one", "the only one below"
    (tmp_path / "two").mkdir()
    write(tmp_path / "two", "")
    with pytest.raises(NotFoundError, match="there are several below: one, two"):
        find_root(tmp_path)
    write(tmp_path / "one/deep", "")
    assert find_root(tmp_path / "one/deep/deeper") == tmp_path / "one/deep", "the nearest"


def test_promotions_are_guarded_by_rules(tmp_path: Path) -> None:
    text = """
    [[promotion]]
    environment = "production"
    roles = ["reviewer", "risk"]
    people.risk = ["carla"]
    [[promotion]]
    model = "taxi"
    environment = "staging"
    same_person = true
    """
    first, second = load(write(tmp_path, text), {}).promotion
    assert (first.environment, first.model, list(first.roles)) == ("production", "*", ["reviewer", "risk"])
    assert (first.people, first.same_person, first.after) == ({"risk": ["carla"]}, False, "")
    assert (second.model, second.environment, list(second.roles), second.same_person) == (
        "taxi",
        "staging",
        [],
        True,
    )
