"""Who is let in, and as whom."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mainspring.core.errors import MainspringError
from mainspring.serving.caller import Scope
from mainspring.serving.problems import ForbiddenError, UnauthenticatedError, status_of
from mainspring.serving.security import key_file
from mainspring.serving.security.certificates import Certificate
from mainspring.serving.security.gatekeeper import ANYBODY, Gatekeeper
from mainspring.serving.security.options import Access, ClientCertificate, SecurityOptions

AFAR = "203.0.113.9"
HERE = "127.0.0.1"


def bearer(key: str) -> Mapping[bytes, bytes]:
    return {b"authorization": b"Bearer " + key.encode()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


def test_without_settings_all_may_ask_and_only_this_machine_may_manage() -> None:
    gate = Gatekeeper()
    for scope in (Scope.INFERENCE, Scope.METRICS):
        assert gate.admit(scope, {}, AFAR) is ANYBODY
    for peer in (HERE, "::1", None):
        assert gate.admit(Scope.MANAGEMENT, {}, peer) is ANYBODY
    for headers in ({}, {b"x-forwarded-for": b"127.0.0.1"}, bearer("whatever")):
        with pytest.raises(ForbiddenError, match="only programs on the same machine may manage models") as error:
            gate.admit(Scope.MANAGEMENT, headers, AFAR)
        assert status_of(error.value) == 403
        assert "mainspring keys new" in str(error.value)
    with pytest.raises(ForbiddenError):
        gate.admit(Scope.MANAGEMENT, {b"x-forwarded-for": AFAR.encode()}, HERE)


def test_what_is_not_known_does_not_matter_where_nobody_is_told_apart() -> None:
    assert Gatekeeper().admit(Scope.INFERENCE, bearer("of-a-proxy-in-front"), AFAR) is ANYBODY


def test_with_keys_everybody_has_to_have_one(path: Path) -> None:
    _, key = key_file.new(path, "ann")
    gate = Gatekeeper(SecurityOptions(keys=str(path)))
    assert gate.admit(Scope.INFERENCE, bearer(key), AFAR).name == "ann"
    for peer in (AFAR, HERE, None):
        for scope in Scope:
            with pytest.raises(UnauthenticatedError, match="has to say who they are") as error:
                gate.admit(scope, {}, peer)
            assert status_of(error.value) == 401


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("authorization", "Bearer "),
        ("authorization", "bearer "),
        ("authorization", "BEARER   "),
        ("x-api-key", ""),
        ("x-api-key", " "),
        ("triton-grpc-protocol-infer-key", ""),
        ("infer-key", ""),
    ],
)
def test_a_key_comes_in_one_of_several_headers(path: Path, name: str, before: str) -> None:
    _, key = key_file.new(path, "ann")
    named = ("x-api-key", "Infer-Key", "triton-grpc-protocol-infer-key")
    gate = Gatekeeper(SecurityOptions(keys=str(path), key_headers=named))
    assert gate.admit(Scope.INFERENCE, {name.encode(): (before + key).encode()}, AFAR).name == "ann"


def test_other_kinds_of_authorization_are_no_key(path: Path) -> None:
    _, key = key_file.new(path, "ann")
    gate = Gatekeeper(SecurityOptions(keys=str(path)))
    with pytest.raises(UnauthenticatedError, match="has to say"):
        gate.admit(Scope.INFERENCE, {b"authorization": b"Basic " + key.encode()}, AFAR)


def test_a_key_is_good_for_its_scopes_only(path: Path) -> None:
    _, asks = key_file.new(path, "ann", scopes=[Scope.INFERENCE])
    _, manages = key_file.new(path, "ben", scopes=[Scope.MANAGEMENT, Scope.METRICS])
    gate = Gatekeeper(SecurityOptions(keys=str(path)))
    assert gate.admit(Scope.MANAGEMENT, bearer(manages), AFAR).name == "ben"
    with pytest.raises(ForbiddenError, match="'ann' may not manage models"):
        gate.admit(Scope.MANAGEMENT, bearer(asks), HERE)
    with pytest.raises(ForbiddenError, match="'ben' may not ask for predictions"):
        gate.admit(Scope.INFERENCE, bearer(manages), AFAR)


def test_a_wrong_key_is_refused_everywhere_and_not_repeated(path: Path) -> None:
    key_file.new(path, "ann")
    everywhere = SecurityOptions(keys=str(path), inference=Access.OPEN, management=Access.LOOPBACK)
    gate = Gatekeeper(everywhere)
    wrong = "msk_aaaaaaaa_" + "x" * 43
    for scope in Scope:
        with pytest.raises(UnauthenticatedError) as error:
            gate.admit(scope, bearer(wrong), HERE)
        assert wrong not in str(error.value)


def test_access_is_set_for_each_scope(path: Path) -> None:
    _, key = key_file.new(path, "ann", models=["taxi"])
    mixed = SecurityOptions(keys=str(path), inference=Access.OPEN, metrics=Access.LOOPBACK)
    gate = Gatekeeper(mixed)
    assert gate.admit(Scope.INFERENCE, {}, AFAR) is ANYBODY
    assert gate.admit(Scope.INFERENCE, bearer(key), AFAR).name == "ann"
    assert gate.admit(Scope.METRICS, {}, HERE) is ANYBODY
    with pytest.raises(UnauthenticatedError):
        gate.admit(Scope.METRICS, {}, AFAR)
    with pytest.raises(UnauthenticatedError):
        gate.admit(Scope.MANAGEMENT, {}, HERE)


def test_a_part_may_be_closed_altogether() -> None:
    gate = Gatekeeper(SecurityOptions(management=Access.CREDENTIALS))
    with pytest.raises(ForbiddenError, match="nobody may manage models"):
        gate.admit(Scope.MANAGEMENT, {}, HERE)


def test_a_certificate_says_who_asks() -> None:
    rules = (
        ClientCertificate(subject="URI:spiffe://prod/*", scopes=(Scope.INFERENCE, Scope.MANAGEMENT)),
        ClientCertificate(subject="CN=scraper", scopes=(Scope.METRICS,)),
    )
    gate = Gatekeeper(SecurityOptions(certificates=rules))
    robot = gate.admit(Scope.MANAGEMENT, {}, AFAR, Certificate(("CN=x", "URI:spiffe://prod/robot")))
    assert robot.name == "spiffe://prod/robot"
    scraper = Certificate(("CN=scraper",))
    proxied = {b"authorization": b"Bearer for-somebody-else"}
    assert gate.admit(Scope.METRICS, proxied, AFAR, scraper).name == "scraper"
    assert gate.admit(Scope.METRICS, {}, AFAR, scraper).name == "scraper"
    with pytest.raises(ForbiddenError, match="'scraper' may not ask"):
        gate.admit(Scope.INFERENCE, {}, AFAR, scraper)
    for unknown in (Certificate(("CN=stranger",)), Certificate(("DNS:scraper",)), None):
        with pytest.raises(UnauthenticatedError, match="client certificate"):
            gate.admit(Scope.INFERENCE, {}, AFAR, unknown)


def test_a_key_counts_more_than_a_certificate(path: Path) -> None:
    _, key = key_file.new(path, "ann")
    rules = (ClientCertificate(subject="CN=*"),)
    gate = Gatekeeper(SecurityOptions(keys=str(path), certificates=rules))
    certificate = Certificate(("CN=robot",))
    assert gate.admit(Scope.INFERENCE, bearer(key), AFAR, certificate).name == "ann"
    assert gate.admit(Scope.INFERENCE, {}, AFAR, certificate).name == "robot"
    with pytest.raises(UnauthenticatedError):
        gate.admit(Scope.INFERENCE, bearer("wrong"), AFAR, certificate)


def test_many_certificates_do_not_fill_the_memory() -> None:
    gate = Gatekeeper(SecurityOptions(certificates=(ClientCertificate(subject="CN=*"),)))
    for number in range(3000):
        gate.admit(Scope.INFERENCE, {}, AFAR, Certificate((f"CN={number}",)))
    assert len(gate._subjects) <= 1024


def test_what_is_wrong_with_settings_is_said_at_the_start(path: Path) -> None:
    with pytest.raises(MainspringError, match="cannot be read"):
        Gatekeeper(SecurityOptions(keys=str(path)))
