"""Names become parts of file names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.pipelines import pipeline, step
from mainspring.pipelines.names import as_part, check_run, check_step


@pytest.mark.parametrize(
    "name", ["taxi-20261121-120000-ab12", "a", "7", "my run", "v1.2+x", "tr\u00e4ume", "a@b=c"]
)
def test_names(name: str) -> None:
    assert check_run(name) == check_step(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "-x", " x", "a\nb", "a\x00b", "x" * 151, "a:b", "a[0]", "a#1"]
)
def test_no_names(name: str) -> None:
    with pytest.raises(InputError, match="a run cannot be called"):
        check_run(name)
    with pytest.raises(InputError, match="a step cannot be called"):
        check_step(name)


def test_latest_means_something_else() -> None:
    with pytest.raises(InputError):
        check_run("latest")


@given(st.text())
def test_any_pipeline_gives_a_run_a_name(name: str) -> None:
    check_run(as_part(name) + "-20261121-120000-ab12")


def test_a_step_that_has_no_name_of_its_own() -> None:
    @pipeline
    def anonymous() -> None:
        step(lambda: 1)()

    with pytest.raises(InputError, match="a step cannot be called '<lambda>'") as caught:
        anonymous.build()
    assert ".named(" in str(caught.value.fix)
