"""What people mean by the beginning of an id."""

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.monitoring.alerts.references import meant

KNOWN = {"4ec32497": "a", "4ec": "b", "99ab0000": "c", "99ab1111": "d"}


def test_an_id_means_itself_and_a_beginning_the_only_one_that_has_it():
    assert meant(KNOWN, "4ec") == "b"
    assert meant(KNOWN, "4ec3") == "a"


@pytest.mark.parametrize(("reference", "error"), [("99ab", InputError), ("7", NotFoundError), ("", NotFoundError)])
def test_what_means_none_or_several_is_told(reference, error):
    with pytest.raises(error):
        meant(KNOWN, reference)
