"""What counts as a change of a step's code, and what does not."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mainspring.pipelines.code import code_of, is_first_party, named_code

Edition = Callable[..., ModuleType]

BASE = '''
import math
from mainspring import step

LIMIT = 10
TABLE = {"a": 1, "b": [2, 3]}

def helper(x):
    """Adds."""
    return deeper(x) + 1  # one more

def deeper(x):
    return x * 2

def unrelated(x):
    return x

class Shape:
    sides = 3

    def area(self):
        return helper(self.sides)

@step
def first(x: int) -> int:
    """The first."""
    return helper(x) + LIMIT

@step(retries=1)
def second(x: int) -> float:
    return math.sqrt(x) + TABLE["a"]

@step
def third(x: int) -> int:
    return Shape().area() + x
'''


def parts(module: ModuleType, name: str) -> dict[str, str]:
    """The parts of a step's code."""
    return dict(code_of(getattr(module, name).function).parts)


def changed(edition: Edition, before: str, after: str, **both: dict[str, str]) -> set[str]:
    """The steps whose code is not the same in two editions of the module."""
    one = edition(before, **{name: texts["before"] for name, texts in both.items()})
    steps = [name for name in vars(one) if name in {"first", "second", "third"}]
    old = {name: code_of(getattr(one, name).function) for name in steps}
    two = edition(after, **{name: texts["after"] for name, texts in both.items()})
    new = {name: code_of(getattr(two, name).function) for name in steps}
    return {
        name
        for name in steps
        if (old[name].parts, old[name].distributions) != (new[name].parts, new[name].distributions)
    }


def test_the_parts_are_named(edition: Edition) -> None:
    module = edition(BASE)
    assert set(parts(module, "first")) == {
        "ms_steps:first",
        "ms_steps:helper",
        "ms_steps:deeper",
        "ms_steps:LIMIT",
    }
    assert set(parts(module, "second")) == {"ms_steps:second", "ms_steps:TABLE"}
    assert set(parts(module, "third")) == {
        "ms_steps:third",
        "ms_steps:Shape",
        "ms_steps:helper",
        "ms_steps:deeper",
    }
    assert code_of(module.first.function).files == {Path(str(module.__file__)).resolve()}


def test_moving_the_file_changes_nothing(edition: Edition) -> None:
    assert changed(edition, BASE, BASE) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# one more", "# and one"),
        ('"""Adds."""', '"""Adds two numbers."""'),
        ('    """The first."""\n', ""),
        ("return deeper(x) + 1", "return (deeper(x)\n        + 1)"),
        ("@step(retries=1)", "@step(retries=5, timeout=3)"),
        ("import math", "\n\n\nimport math\n"),
        ("def unrelated(x):\n    return x", "def unrelated(x):\n    return x + 1"),
    ],
    ids=["comment", "docstring", "docstring gone", "layout", "options", "blank lines", "unrelated function"],
)
def test_what_does_not_count(edition: Edition, old: str, new: str) -> None:
    assert old in BASE
    assert changed(edition, BASE, BASE.replace(old, new)) == set()


@pytest.mark.parametrize(
    ("old", "new", "steps"),
    [
        ("helper(x) + LIMIT", "helper(x) - LIMIT", {"first"}),
        ("return x * 2", "return x * 3", {"first", "third"}),
        ("LIMIT = 10", "LIMIT = 11", {"first"}),
        ('"b": [2, 3]', '"b": [2, 4]', {"second"}),
        ("sides = 3", "sides = 4", {"third"}),
        ("x: int) -> float", "x: float) -> float", {"second"}),
        ("math.sqrt(x)", "math.cbrt(x)", {"second"}),
    ],
    ids=["body", "helper of a helper", "constant", "part of a constant", "class", "annotation", "what is called"],
)
def test_what_counts_and_for_whom(edition: Edition, old: str, new: str, steps: set[str]) -> None:
    assert old in BASE
    assert changed(edition, BASE, BASE.replace(old, new)) == steps


STEP = "from mainspring import step\n"


BEHIND_A_NAME = {
    "closure": (
        """\
def make(n):
    def first(x):
        return x + n
    return first
first = step(make(1))
""",
        "make(1)",
        "make(2)",
    ),
    "default of the step": (
        """\
SCALE = 2
@step
def first(x: int, by: int = SCALE) -> int:
    return x * by
""",
        "SCALE = 2",
        "SCALE = 3",
    ),
    "argument of a decorator": (
        """\
def times(n):
    def deco(f):
        import functools
        @functools.wraps(f)
        def inner(x):
            return f(x) * n
        return inner
    return deco
@step
@times(2)
def first(x: int) -> int:
    return x
""",
        "@times(2)",
        "@times(3)",
    ),
    "body of a decorator": (
        """\
def times(n):
    def deco(f):
        import functools
        @functools.wraps(f)
        def inner(x):
            return f(x) * n
        return inner
    return deco
@step
@times(2)
def first(x: int) -> int:
    return x
""",
        "f(x) * n",
        "f(x) ** n",
    ),
    "argument of a partial": (
        """\
import functools
def scale(x, n):
    return x * n
double = functools.partial(scale, n=2)
@step
def first(x: int) -> int:
    return double(x)
""",
        "n=2",
        "n=3",
    ),
    "function of a partial": (
        """\
import functools
def scale(x, n):
    return x * n
double = functools.partial(scale, n=2)
@step
def first(x: int) -> int:
    return double(x)
""",
        "x * n",
        "x + n",
    ),
    "behind lru_cache": (
        """\
import functools
@functools.lru_cache
def slow(x):
    return x
@step
def first(x: int) -> int:
    return slow(x)
""",
        "    return x\n@step",
        "    return -x\n@step",
    ),
    "in a table": (
        """\
def a(x):
    return x
TABLE = {'a': a}
@step
def first(x: int) -> int:
    return TABLE['a'](x)
""",
        "    return x\nTABLE",
        "    return x + 1\nTABLE",
    ),
    "field of an instance": (
        """\
from dataclasses import dataclass
@dataclass
class Config:
    rate: float = 1.0
CONFIG = Config(2.0)
@step
def first(x: int) -> float:
    return x * CONFIG.rate
""",
        "Config(2.0)",
        "Config(3.0)",
    ),
    "method of an instance": (
        """\
from dataclasses import dataclass
@dataclass
class Config:
    rate: float = 1.0
    def f(self):
        return 1
CONFIG = Config(2.0)
@step
def first(x: int) -> float:
    return x * CONFIG.f()
""",
        "return 1",
        "return 2",
    ),
    "class of an argument": (
        """\
from dataclasses import dataclass
@dataclass
class Config:
    rate: float = 1.0
@step
def first(config: Config) -> float:
    return config.rate
""",
        "rate: float = 1.0",
        "rate: float = 2.0",
    ),
    "pattern": (
        """\
import re
WORD = re.compile('a+')
@step
def first(x: str) -> bool:
    return bool(WORD.match(x))
""",
        "'a+'",
        "'b+'",
    ),
    "set": (
        """\
WORDS = {'a', 'b'}
@step
def first(x: str) -> bool:
    return x in WORDS
""",
        "'a', 'b'",
        "'a', 'c'",
    ),
    "array": (
        """\
import numpy as np
GRID = np.arange(3)
@step
def first(x: int) -> float:
    return float(GRID[x])
""",
        "arange(3)",
        "arange(4)",
    ),
    "base class": (
        """\
class Base:
    n = 1
class Child(Base):
    pass
@step
def first(x: int) -> int:
    return Child.n
""",
        "n = 1",
        "n = 2",
    ),
    "another step": (
        """\
@step
def other(x: int) -> int:
    return x
@step
def first(x: int) -> int:
    return other(x)
""",
        "    return x\n@step\ndef first",
        "    return x + 1\n@step\ndef first",
    ),
    "in a comprehension": (
        """\
@step
def first(x: int) -> list:
    return [f(x) for _ in range(2)]
def f(x):
    return 1
""",
        "return 1",
        "return 2",
    ),
    "class of a constant": (
        """\
class Table:
    def __init__(self):
        self.limit = 3
TABLE = Table()
@step
def first(x: int) -> int:
    return TABLE.limit
""",
        "limit = 3",
        "limit = 4",
    ),
}
"""What: the module, and an edit of it that must be noticed."""


@pytest.mark.parametrize(("text", "old", "new"), BEHIND_A_NAME.values(), ids=BEHIND_A_NAME)
def test_what_counts_behind_a_name(edition: Edition, text: str, old: str, new: str) -> None:
    assert text.count(old) >= 1
    assert changed(edition, STEP + text, STEP + text) == set()
    assert changed(edition, STEP + text, STEP + text.replace(old, new)) == {"first"}


NEAR = """
import far
NUMBER = 1
def work(x):
    return x * far.FACTOR
class Thing:
    n = 1
"""


@pytest.mark.parametrize(
    "use",
    [
        "import neighbour\n@step\ndef first(x: int) -> int:\n    return neighbour.work(x)\n",
        "from neighbour import work\n@step\ndef first(x: int) -> int:\n    return work(x)\n",
        "@step\ndef first(x: int) -> int:\n    import neighbour\n    return neighbour.work(x)\n",
        "@step\ndef first(x: int) -> int:\n    from neighbour import work\n    return work(x)\n",
        "from neighbour import Thing\n@step\ndef first(x: int) -> int:\n    return Thing().n\n",
    ],
    ids=["module", "function", "imported late", "function imported late", "class"],
)
def test_a_neighbour_counts_and_so_does_what_it_imports(edition: Edition, use: str) -> None:
    text = STEP + use + "@step\ndef second(x: int) -> int:\n    return x\n"
    far, near = "FACTOR = 2\n", NEAR
    same_far, same_near = {"before": far, "after": far}, {"before": near, "after": near}
    assert changed(edition, text, text, neighbour=same_near, far=same_far) == set()
    edited = {"before": near, "after": near.replace("x * far", "x + far")}
    assert changed(edition, text, text, neighbour=edited, far=same_far) == {"first"}
    farther = {"before": far, "after": "FACTOR = 3\n"}
    assert changed(edition, text, text, neighbour=same_near, far=farther) == {"first"}
    comment = {"before": near, "after": "# about\n" + near}
    assert changed(edition, text, text, neighbour=comment, far=same_far) == set()


def test_packages_and_relative_imports(edition: Edition) -> None:
    text = STEP + "from kit.tools import use\n@step\ndef first(x: int) -> int:\n    return use(x)\n"
    files = {
        "kit____init__": "",
        "kit__tools": "from . import parts\ndef use(x):\n    return parts.N + x\n",
        "kit__parts": "N = 1\n",
    }
    same = {name: {"before": content, "after": content} for name, content in files.items()}
    assert changed(edition, text, text, **same) == set()
    same["kit__parts"] = {"before": "N = 1\n", "after": "N = 2\n"}
    assert changed(edition, text, text, **same) == {"first"}


def test_a_module_is_the_same_whether_it_was_imported_already_or_not(edition: Edition) -> None:
    text = STEP + "@step\ndef first(x: int) -> int:\n    from late import work\n    return work(x)\n"
    module = edition(text, late="def work(x):\n    return x\n")
    assert "late" not in sys.modules
    before = parts(module, "first")
    assert "late" in before
    module.first(1)
    assert "late" in sys.modules
    assert parts(module, "first") == before


def test_an_attribute_that_is_called_like_a_function_does_not_count(edition: Edition) -> None:
    text = STEP + "def fit(x):\n    return x\n@step\ndef first(model: dict) -> int:\n    return model.fit\n"
    assert changed(edition, text, text.replace("    return x\n", "    return 2\n")) == set()


def test_installed_libraries_count_by_their_version(edition: Edition) -> None:
    import numpy as np

    module = edition(
        STEP + "import numpy as np\n@step\ndef first(x: int) -> float:\n    return float(np.sqrt(x))\n"
    )
    assert code_of(module.first.function).distributions["numpy"] == np.__version__
    assert set(parts(module, "first")) == {"ms_steps:first"}


def test_required_distributions_count(edition: Edition) -> None:
    module = edition(STEP + "@step\ndef first(x: int) -> int:\n    return x\n")
    assert "pytest" not in code_of(module.first.function).distributions
    assert code_of(module.first.function, ("pytest",)).distributions["pytest"] == pytest.__version__


def test_standard_steps_count_by_themselves_and_by_our_version() -> None:
    from mainspring.data import steps

    code = code_of(steps.ingest.function)
    assert set(code.parts) == {"mainspring.data.steps:ingest"}
    assert "mainspring" in code.distributions
    assert code.files == frozenset()


def test_functions_without_source_count_by_what_they_compile_to() -> None:
    def made(text: str) -> dict[str, str]:
        scope: dict[str, object] = {"__name__": "__main__"}
        exec(text, scope)
        return dict(code_of(scope["f"]).parts)  # type: ignore[arg-type]  # a function

    nested = "def f(x):\n    def g():\n        return {}\n    return g() + x\n"
    assert made(nested.format(1)) == made(nested.format(1))
    assert made(nested.format(1)) != made(nested.format(2))


def test_a_notebook_is_followed(tmp_path: Path) -> None:
    """Functions of ``__main__`` without a file are the user's own."""
    program = (
        "from mainspring.pipelines.code import code_of\n"
        "def helper(x):\n    return x\n"
        "def f(x):\n    return helper(x)\n"
        "print(sorted(code_of(f).parts))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "['__main__:f', '__main__:helper']"


def test_whose_file_it_is(tmp_path: Path) -> None:
    import json

    import numpy as np

    import mainspring

    assert is_first_party(str(tmp_path / "pipeline.py"))
    assert is_first_party(__file__)
    assert not is_first_party(json.__file__)
    assert not is_first_party(np.__file__)
    assert not is_first_party(mainspring.__file__)
    assert not is_first_party("/usr/lib/python3/dist-packages/yaml/__init__.py")
    assert not is_first_party("<frozen importlib>")
    assert not is_first_party(None)


def test_the_key_is_the_same_in_another_process(edition: Edition, tmp_path: Path) -> None:
    """Sets have another order in every process."""
    text = (
        STEP
        + "WORDS = {'a', 'b', 'c', 'd'}\nTABLE = {'x': WORDS}\n"
        + "@step\ndef first(x: str) -> bool:\n    return x in WORDS and x in TABLE\n"
    )
    module = edition(text)
    program = (
        "import ms_steps\nfrom mainspring.pipelines.code import code_of\n"
        "print(dict(code_of(ms_steps.first.function).parts))"
    )
    folder = Path(str(module.__file__)).parent
    found = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert found == {f"{parts(module, 'first')}\n"}


def test_code_named_by_parameters_counts(edition: Edition) -> None:
    features = "TOP = 3\n\ndef prepare(c):\n    return c[:TOP]\n\nclass Maker:\n    size = 1\n"
    options = [{"maker": "features:Maker"}, "no:where", "by x", "json:loads"]
    named = {"function": "features:prepare", "options": options}
    edition(BASE, features=features)
    before = named_code(named)
    assert set(before.parts) == {"features:prepare", "features:TOP", "features:Maker"}
    edition(BASE, features=features.replace("TOP = 3", "TOP = 4"))
    after = named_code(named)
    assert {name for name in after.parts if after.parts[name] != before.parts[name]} == {"features:TOP"}
    edition(BASE, features="x = 1")
    assert named_code(named).parts == {}
    assert before.joined(after).parts == dict(after.parts)
