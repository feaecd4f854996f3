"""What is wrong with the form of a deployment file: all of it, with lines."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.deploying.declaration import Declaration, schema
from mainspring.serving.deploying.problems import DeclarationError
from mainspring.serving.deploying.reading import read

WHOLE = """\
deployment: fares
description: what a ride costs
models:
  taxi:
    versions: {stable: taxi@production, next: "${NEXT}"}
    batching: {max_batch_size: 64, max_wait: 0.002}
    rollout: {canary: {to: next, steps: [5, 50]}}
    thresholds: {latency_p99: 0.05, size_bytes: 50000000}
  words:
    graph: {nodes: {classify: {model: taxi}}}
  own:
    component: {entry: own.py:Own}
    limits: {per_second: 100}
slo:
  - {name: up, kind: errors, target: 0.999}
resources: {workers: 2, memory: 512Mi, cpu: 500m, replicas: 2}
"""


LAUGHS = "\n".join(
    ["a0: &a0 x", *(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 9))]
)
"""Few lines of which each is the one before nine times over."""

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    max_leaves=20,
)


def problems(text: str, **environment: str) -> list[str]:
    with pytest.raises(DeclarationError) as raised:
        read(text, "f.yaml", environment)
    return [str(one) for one in raised.value.problems]


def test_a_file_is_read_whole_with_its_variables_filled_in() -> None:
    text = WHOLE.replace("    limits: {per_second: 100}\n", "")
    found = read(text, "f.yaml", {"NEXT": "taxi@candidate"})
    taxi = found.declaration.models["taxi"]
    assert taxi.references == {"stable": "taxi@production", "next": "taxi@candidate"}
    assert taxi.thresholds is not None
    assert taxi.thresholds.figures == {"latency_p99": 0.05, "size_bytes": 50_000_000}
    assert [one.ways for one in found.declaration.models.values()] == [("versions",), ("graph",), ("component",)]
    assert found.document.where(("models", "taxi", "rollout", "canary", "steps", 1)) == "f.yaml:7"
    assert found.document.plain["models"]["taxi"]["versions"]["next"] == "${NEXT}"
    assert found.declaration.resources.workers == 2


def test_the_file_in_the_guide_is_in_order() -> None:
    page = (Path(__file__).parents[4] / "docs/guide/serving/deploying.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    found = read(text, "fares.yaml", {}).declaration
    assert {way for model in found.models.values() for way in model.ways} == {"versions", "component", "graph"}
    assert found.models["taxi"].rollout is not None
    assert found.models["taxi"].thresholds is not None
    assert found.slo
    assert found.resources.workers


def test_json_is_read_as_well() -> None:
    text = json.dumps({"deployment": "x", "models": {"a": {"model": "a@b"}}})
    assert read(text, "f.json", {}).declaration.models["a"].model == "a@b"


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    text = """\
deployment: fares
models:
  taxi:
    model: taxi@production
    package: ./taxi
    batching: {max_batch_size: many}
    tresholds: {latency_p99: 0.05}
  bus: {model: "${NOPE}"}
  car: []
  "a b": {model: x@y}
  tram: {model: tram@a, version: "2"}
  both: {component: {entry: a.py:B}, thresholds: {size_bytes: 3}}
  graph: {graph: {nodes: {}}}
  kept: {graph: {nodes: {a: {model: taxi}}}, cache: {}}
resources: {workers: -2}
slo:
  - {name: up, kind: latency, target: 0.9}
"""
    found = problems(text)
    told = {one.partition(": ")[0]: one for one in found}
    assert "taxi has model and package" in told["f.yaml:3"]
    assert "max_batch_size" in told["f.yaml:6"]
    assert "did you mean 'thresholds'?" in told["f.yaml:7"]
    assert told["f.yaml:8"].endswith("the variable NOPE of the environment is not set; do: export NOPE=…")
    assert "car is a list" in told["f.yaml:9"]
    assert "'a b' cannot name a model" in told["f.yaml:10"]
    assert "do: say model: tram:2" in told["f.yaml:11"]
    assert "cannot be tried alone" in told["f.yaml:12"]
    assert "no nodes" in told["f.yaml:13"]
    assert "cache" in told["f.yaml:14"]
    assert "workers" in told["f.yaml:15"]
    assert "latency needs a threshold" in told["f.yaml:17"]
    assert len(found) == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("- 1", "a list or a single value"),
        ("a: [", "f.yaml:1: it is not YAML"),
        ("models: {}", "does not say which deployment"),
        ("deployment: x", "does not say what is served"),
        ("deployment: x\nmodels: {}\nmodels: {}", "f.yaml:3: 'models' is said twice, first in line 2"),
        ("deployment: x\nmodels: {on: {model: a@b}}", "is no name"),
        ("deployment: x/y\nmodels: {}", "f.yaml:1: 'x/y' cannot name a deployment"),
        ('deployment: "x\\n"\nmodels: {}', "cannot name a deployment"),
        ('deployment: x\nmodels: {}\ndescription: "\\uD800"', "f.yaml:3: half a character"),
        ("deployment: x\nmodels:\n\ta: 1", "f.yaml:3: it is not YAML"),
        ("deployment: x\nmodels: {a: {model: a@b, timeout: .inf}}", "f.yaml:2: timeout is inf"),
        ("deployment: x\nmodels: {a: {component: {entry: 'a.py:A', arguments: {n: 2020-01-01}}}}", "n is date"),
        (
            f"deployment: x\nmodels: {{a: {{component: {{entry: 'a.py:A', arguments: {{n: {10**25}}}}}}}}}",
            "64 bits",
        ),
        ("deployment: x\nmodels: {}\nresources: {workers: 1000000}", "workers"),
        (
            "\n".join(
                ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: *a{n - 1}, <<: *a{n - 1}}}" for n in range(1, 40))]
            ),
            "much",
        ),
        ("deployment: x\nmodels: {a: {model: a, version: {}}}", "version"),
        ("a: &a [*a, *a]", "too much"),
        (
            "\n".join(["a0: &a0 x", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]),
            "much",
        ),
        (
            "deployment: x\nmodels: {a: {component: {entry: a.py:A, environment: {API_KEY: k}}}}",
            "f.yaml:2: API_KEY",
        ),
        ("deployment: x\nmodels: {a: {graph: {nodes: {b: {url: 'http://me:pw@host/v2/models/a'}}}}}", "a secret"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, said: str) -> None:
    assert any(said in one for one in problems(text))


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_what_other_editors_write_is_read(change: Callable[[str], str]) -> None:
    found = read(change("deployment: x\nmodels:\n  a: {model: a@b}\n"), "f.yaml", {})
    assert found.declaration.models["a"].model == "a@b"
    assert found.document.where(("models", "a")) == "f.yaml:3"


def test_of_very_many_problems_the_first_are_told() -> None:
    text = "deployment: x\nmodels:\n" + "".join(f"  m{number}: {{}}\n" for number in range(200))
    with pytest.raises(DeclarationError, match=r"and 150 more$") as raised:
        read(text, "f.yaml", {})
    assert len(raised.value.problems) == 200


def test_a_secret_from_the_environment_is_no_secret_in_the_file() -> None:
    text = "deployment: x\nmodels: {a: {component: {entry: a.py:A, environment: {API_KEY: '${KEY}'}}}}"
    component = read(text, "f.yaml", {"KEY": "abc"}).declaration.models["a"].component
    assert component is not None
    assert component.environment == {"API_KEY": "abc"}


def test_a_declaration_survives_its_own_yaml() -> None:
    text = WHOLE.replace("    limits: {per_second: 100}\n", "")
    made = read(text, "f.yaml", {"NEXT": "taxi@candidate"}).declaration
    again = yaml.safe_dump(msgspec.to_builtins(made))
    assert read(again, "g.yaml", {}).declaration == made


def test_the_schema_knows_every_field_and_nothing_else() -> None:
    made = schema()
    top = made["$defs"]["Declaration"]
    assert set(top["properties"]) == {field.name for field in msgspec.structs.fields(Declaration)}
    assert top["additionalProperties"] is False
    assert top["required"] == ["deployment", "models"]
    assert made["$schema"].startswith("https://json-schema.org/")


@given(anything)
def test_whatever_a_file_holds_it_is_read_or_refused(value: object) -> None:
    for text in (yaml.safe_dump({"deployment": "x", "models": value}), yaml.safe_dump(value)):
        with contextlib.suppress(DeclarationError):
            read(text, "f.yaml", {})
