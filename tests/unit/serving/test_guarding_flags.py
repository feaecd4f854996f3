"""Flags about who may ask, over which connections, and what is logged."""

import argparse
from pathlib import Path

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.guarding_flags import NAMES, add_flags, with_flags


def told(*arguments: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    found = vars(parser.parse_args(arguments))
    assert set(found) == set(NAMES)
    return found


def test_without_flags_nothing_changes() -> None:
    assert with_flags(ServerOptions(), told()) == ServerOptions()
    assert with_flags(ServerOptions(), {}) == ServerOptions()


def test_flags_take_the_place_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "server.yaml"
    file.write_text(
        "security: {keys: keys.yaml, tls: {certificate: a.pem, key: b.pem, minimum: '1.3'}}\n"
        "logging: {file: access.jsonl, good: 0.1, form: json}\n"
    )
    options = read_options(file)
    folder = tmp_path / "etc"
    assert options.security.keys == str(folder / "keys.yaml")
    assert options.logging.file == str(folder / "access.jsonl")
    assert options.security.tls is not None
    assert options.security.tls.certificate == str(folder / "a.pem")
    given = ("--keys", "k.yaml", "--tls-certificate", "c.pem", "--tls-key", "d.pem", "--log-format", "text")
    changed = with_flags(options, told(*given))
    assert changed.security.keys == str(tmp_path / "k.yaml")
    assert changed.security.tls is not None
    assert (changed.security.tls.certificate, changed.security.tls.minimum) == (str(tmp_path / "c.pem"), "1.3")
    assert (changed.logging.form, changed.logging.good) == ("text", 0.1)


def test_an_access_log_is_about_every_request() -> None:
    here = with_flags(ServerOptions(), told("--access-log")).logging
    assert (here.file, here.good, here.bad, here.refused) == ("", 1.0, 1.0, 1.0)
    chosen = with_flags(ServerOptions(), told("--access-log", "a.jsonl")).logging
    assert chosen.file == str(Path("a.jsonl").resolve())


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(InputError, match="come together"):
        with_flags(ServerOptions(), told("--tls-key", "d.pem"))


def test_what_is_wrong_in_the_file_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    for text, said in (
        (
            "security: {oidc: {issuer: 'https://x', audience: [a], algorithms: [HS256]}}",
            r"\$.security.oidc.algorithms",
        ),
        ("security: {inference: nobody}", r"\$.security.inference"),
        ("security: {secret: 1}", "secret"),
        ("tracing: {sample: 2}", r"\$.tracing.sample"),
        ("logging: {good: yes please}", r"\$.logging.good"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=said):
            read_options(file)


def test_addresses_are_no_files(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text("security: {oidc: {issuer: 'https://x', audience: [a], keys: 'https://x/keys'}}")
    oidc = read_options(file).security.oidc
    assert oidc is not None
    assert oidc.keys == "https://x/keys"
    file.write_text("security: {oidc: {issuer: 'https://x', audience: [a], keys: keys.json}}")
    oidc = read_options(file).security.oidc
    assert oidc is not None
    assert oidc.keys == str(tmp_path / "keys.json")
