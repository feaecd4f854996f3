"""The engine: rows are dropped with their last owner, nothing is said at the end, forks start anew."""

import gc
import os
import subprocess
import sys
import warnings

import pytest

from mainspring.core.errors import InputError
from mainspring.data import engine


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def exists(name: str) -> bool:
    query = "SELECT count(*) FROM duckdb_tables() WHERE table_name = $name"
    return bool(engine.fetch(query, {"name": name})[0][0])


def test_rows_live_as_long_as_their_owner():
    relation = engine.Relation.of("SELECT 1 AS x")
    name = relation.name
    assert exists(name)
    del relation
    gc.collect()
    engine.fetch("SELECT 1")  # the next cursor drops what is not needed any more
    assert not exists(name)


def test_names_and_texts_are_quoted():
    odd = """a "b" 'c'; DROP TABLE x; --"""
    query = f"SELECT {engine.literal(odd)} AS {engine.quote(odd)}"
    assert engine.fetch(query) == [(odd,)]
    assert engine.describe(query) == [(odd, "VARCHAR")]


def test_nothing_is_fetched_from_elsewhere():
    settings = "autoinstall_known_extensions", "autoload_known_extensions", "python_enable_replacements"
    query = ", ".join(f"current_setting('{name}')" for name in settings)
    assert engine.fetch(f"SELECT {query}") == [(False, False, False)]


def test_the_interpreter_ends_silently_with_tables_alive():
    done = run("from mainspring.data import Table; t = Table.from_columns({'x': [1]}); print(t.num_rows); 1 / 0")
    assert done.stdout == "1\n"
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "leaked" not in done.stderr


def test_wrong_sql_ends_silently():
    done = run("from mainspring.data import Table; Table.from_columns({'x': [1]}).where('nope')")
    assert "InputError" in done.stderr
    assert "leaked" not in done.stderr


def test_a_forked_child_starts_with_an_engine_of_its_own():
    program = """
import os
from mainspring.data import Table
before = Table.from_columns({"x": [1, 2]})
child = os.fork()
if child == 0:
    os._exit(0 if Table.from_columns({"x": [3]}).to_columns() == {"x": [3]} else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert before.num_rows == len(before.to_columns()["x"])
print("fine")
"""
    done = run(program.replace("import os\n", "import os, warnings\nwarnings.simplefilter('ignore')\n", 1))
    assert done.stdout == "fine\n", done.stderr


def test_the_room_opens_without_numbers_and_engine():
    found = "sorted({'numpy', 'duckdb', 'yaml', 'msgspec'} & set(sys.modules))"
    assert run(f"import sys, mainspring.data.steps; print({found})").stdout == "[]\n"


def test_the_engine_keeps_within_its_memory(monkeypatch):
    monkeypatch.delenv(engine.MEMORY_VARIABLE, raising=False)
    assert 0 < engine.memory_limit() <= 768 << 20
    for text, size in {"4GiB": 4 << 30, "1.5 GB": 1_500_000_000, "2097152": 2 << 20, "64mib": 64 << 20}.items():
        monkeypatch.setenv(engine.MEMORY_VARIABLE, text)
        assert engine.memory_limit() == size
    for text in ("much", "4", "1GiBs", "-1GiB"):
        monkeypatch.setenv(engine.MEMORY_VARIABLE, text)
        with pytest.raises(InputError, match="the memory of the engine is"):
            engine.memory_limit()


def test_what_does_not_fit_goes_to_files_that_go_with_the_process(tmp_path):
    program = """
from mainspring.data import Table, engine
table = Table.of_query("SELECT range AS n, md5(range::VARCHAR) AS m FROM range(500000)")
counted = table.sql("SELECT count(DISTINCT m) AS n FROM this").to_columns()
print(counted, engine.fetch("SELECT current_setting('memory_limit')"))
"""
    environment = {**os.environ, engine.MEMORY_VARIABLE: "50MiB", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.stdout == "{'n': [500000]} [('50.0 MiB',)]\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_process_live_as_long_as_their_owner():
    scratch = engine.Scratch(".txt")
    scratch.path.write_text("x")
    path = scratch.path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking a process with threads
        child = os.fork()
    if child == 0:
        del scratch
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert path.exists()
    del scratch
    gc.collect()
    assert not path.exists()


def test_an_interrupted_query_is_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt), engine.cursor():
        raise RuntimeError("Query interrupted")  # what the engine makes of Ctrl-C
    with pytest.raises(RuntimeError, match="other"), engine.cursor():
        raise RuntimeError("other")


def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path):
    program = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from mainspring.data import Table
held = Table.from_columns({"x": [1]})
print(len(os.listdir(sys.argv[1])), flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""

    def run_once(end):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), end], capture_output=True, text=True, check=False
        )
        return done.stdout

    assert run_once("killed") == "1\n"
    assert len(list(tmp_path.iterdir())) == 1
    assert run_once("gently") == "1\n"
    assert list(tmp_path.iterdir()) == []
