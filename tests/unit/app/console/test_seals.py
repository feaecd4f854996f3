"""Seals and signed texts."""

from __future__ import annotations

import pytest

from mainspring.app.accounts import ForbiddenError
from mainspring.app.web.seals import LIFE, Seals, secret_of
from mainspring.core.errors import InputError, UnavailableError


def test_a_seal_is_for_one_session_and_ends():
    moment = 1_000.0
    seals = Seals(b"x" * 32, clock=lambda: moment)
    seal = seals.seal("s1")
    seals.check("s1", seal)
    with pytest.raises(ForbiddenError, match="not made by this console for you"):
        seals.check("s2", seal)
    moment += LIFE + 1
    with pytest.raises(ForbiddenError, match="too old"):
        seals.check("s1", seal)


def test_a_text_that_was_signed_for_one_purpose_counts_for_no_other():
    seals = Seals(b"x" * 32)
    signed = seals.sign("hello", "told")
    assert seals.read(signed, "told") == "hello"
    assert seals.read(signed, "mainspring_session") is None
    assert seals.read(signed + "0", "told") is None
    for strange in ("", ".", "é.é", "a.b.c", "=.=", "\ud800.x"):
        assert seals.read(strange, "told") is None
        with pytest.raises(ForbiddenError):
            seals.check("s1", strange)


def test_what_is_signed_cannot_be_made_a_seal():
    seals = Seals(b"x" * 32)
    held, _, signature = seals.sign("s1", "seal").partition(".")
    for seal in (f"text.{signature}", f"{held}.{signature}", f"99999999999.{signature}"):
        with pytest.raises(ForbiddenError):
            seals.check("s1", seal)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnavailableError) as caught:
        secret_of(tmp_path / "gone" / "secret")
    assert caught.value.where == str(tmp_path / "gone" / "secret")
    assert "secret_file" in caught.value.fix


def test_a_file_that_holds_no_secret_is_named(tmp_path):
    file = tmp_path / "secret"
    first = secret_of(file)
    assert len(first) == 32
    assert secret_of(file) == first
    file.write_text("short")
    with pytest.raises(InputError, match="holds no secret"):
        secret_of(file)
