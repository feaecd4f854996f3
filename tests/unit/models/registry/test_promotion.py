"""Promotion: who must sign, what is missing, what expires, and that nothing is lost when many act at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mainspring.core.errors import InputError, MainspringError, NotFoundError, StateError
from mainspring.core.records import Artifact, Kind, NodeType
from mainspring.models.registry import Policy, PromotionRefusedError, Registry
from mainspring.models.registry.ledger import DECISION
from mainspring.models.versions import Version

TWO = Policy(environment="production", roles=("reviewer", "risk"), people={"risk": ("Carla", "dan")})


@pytest.fixture
def guarded(bare, opened):
    """A registry whose production is guarded, with three versions."""
    registry = Registry(*opened(), policies=[TWO])
    for number in range(3):
        registry.register(bare(number), name="taxi", metrics={"auc": 0.8 + number / 100})
    return registry


def sign(registry, role, by, version="1.1.0", **options):
    return registry.sign("taxi", version, to="production", role=role, by=by, comment="looked at it", **options)


def promote(registry, version="1.1.0", to="production"):
    return registry.promote("taxi", version, to=to, by="olga", comment="release")


def test_without_a_policy_it_is_a_move_that_is_written_down(bare, registry):
    registry.register(bare(), name="taxi")
    move = promote(registry, "1.0.0", "staging")
    assert (move.alias, move.before, str(move.after), move.reason) == ("staging", None, "1.0.0", "release")
    assert registry.aliases("taxi") == {"staging": Version(1, 0, 0)}
    assert [one.verb for one in registry.decisions("taxi")] == ["promote"]


def test_two_roles_must_sign(guarded):
    with pytest.raises(PromotionRefusedError) as refused:
        promote(guarded)
    assert refused.value.missing == ("the signature of reviewer", "the signature of risk (Carla, dan)")
    sign(guarded, "reviewer", "Bob", evidence=["https://example.org/review/7"])
    with pytest.raises(PromotionRefusedError) as refused:
        promote(guarded)
    assert refused.value.missing == ("the signature of risk (Carla, dan)",)
    assert guarded.aliases("taxi") == {}
    sign(guarded, "risk", "carla")
    move = promote(guarded)
    assert move.evidence == ("https://example.org/review/7", "taxi!3", "taxi!5")
    assert guarded.aliases("taxi") == {"production": Version(1, 1, 0)}
    assert [(one.verb, one.role, one.by) for one in guarded.decisions("taxi")] == [
        ("request", "", "olga"),
        ("refuse", "", "olga"),
        ("sign", "reviewer", "Bob"),
        ("refuse", "", "olga"),
        ("sign", "risk", "carla"),
        ("promote", "", "olga"),
    ]
    assert [one.number for one in guarded.decisions("taxi")] == [1, 2, 3, 4, 5, 6]
    assert "refused for production by olga: release (missing: the signature of" in str(
        guarded.decisions("taxi")[1]
    )
    assert promote(guarded).after == Version(1, 1, 0)
    assert len(guarded.decisions("taxi")) == 6, "promoting again changes nothing"


def test_a_person_signs_for_one_role(guarded, opened):
    sign(guarded, "reviewer", "carla ")
    with pytest.raises(StateError, match="Carla signed as reviewer already"):
        sign(guarded, "risk", "Carla")
    lenient = Registry(*opened(), policies=[Policy(environment="production", roles=TWO.roles, same_person=True)])
    sign(lenient, "risk", "Carla")
    assert guarded.promotion("taxi", "1.1.0", to="production").missing == (
        "the signature of risk by another person: Carla signed as reviewer",
    )
    assert promote(lenient).after == Version(1, 1, 0)


@pytest.mark.parametrize(
    ("role", "by", "words"),
    [
        ("cook", "bob", "'cook' need not sign"),
        ("risk", "bob", "bob may not sign as risk"),
        ("reviewer", " ", "needs a name and a comment"),
    ],
)
def test_who_may_not_sign(guarded, role, by, words):
    with pytest.raises(InputError, match=words):
        sign(guarded, role, by)
    assert guarded.decisions("taxi") == ()


def test_a_signature_expires_when_the_evidence_changes(guarded):
    sign(guarded, "reviewer", "bob")
    sign(guarded, "risk", "dan")
    assert guarded.promotion("taxi", "1.1.0", to="production").missing == ()
    guarded.attach("taxi", "1.1.0", evidence=["https://example.org/audit"], by="eve", comment="an audit")
    assert guarded.promotion("taxi", "1.1.0", to="production").missing == (
        "the signature of reviewer (bob) has expired: the evidence changed since",
        "the signature of risk (dan) has expired: the evidence changed since",
    )
    guarded.attach("taxi", "1.0.0", evidence=[], by="eve", comment="of another version")
    sign(guarded, "reviewer", "bob")
    sign(guarded, "risk", "dan")
    promote(guarded)


def test_a_blessing_taken_back_stops_it(guarded):
    sign(guarded, "reviewer", "bob")
    sign(guarded, "risk", "dan")
    guarded.bless(guarded.resolve("taxi:1.1.0"), by="eve", reason="a bias was found", ok=False)
    missing = guarded.promotion("taxi", "1.1.0", to="production").missing
    assert missing[0] == "its blessing was taken back by eve: a bias was found"
    assert len(missing) == 3
    guarded.bless(guarded.resolve("taxi:1.1.0"), by="eve", reason="it was none")
    sign(guarded, "reviewer", "bob")
    sign(guarded, "risk", "dan")
    promote(guarded)


def test_a_rejection_counts_until_the_role_signs(guarded):
    guarded.request("taxi", "1.1.0", to="production", by="olga")
    assert guarded.promotion("taxi", "1.1.0", to="production").asked
    sign(guarded, "reviewer", "bob")
    guarded.reject("taxi", "1.1.0", to="production", role="risk", by="dan", comment="no figures for the young")
    state = guarded.promotion("taxi", "1.1.0", to="production")
    assert state.missing == ("risk (dan) rejected it: no figures for the young",)
    assert not state.asked
    sign(guarded, "risk", "dan")
    promote(guarded)


def test_one_environment_after_another(bare, opened):
    registry = Registry(*opened(), policies=[Policy(environment="production", model="taxi", after="staging")])
    registry.register(bare(), name="taxi")
    with pytest.raises(PromotionRefusedError, match="it was never promoted to staging"):
        promote(registry, "1.0.0")
    promote(registry, "1.0.0", "staging")
    promote(registry, "1.0.0")
    registry.register(bare(1), name="bus")
    registry.promote("bus", "1.0.0", to="production", by="olga", comment="its policy is another model's")


def test_a_guarded_alias_moves_by_promotion_only(bare, guarded):
    with pytest.raises(StateError, match="is guarded by a policy"):
        guarded.move("taxi", "production", "1.1.0", by="mallory", reason="a shortcut")
    made = guarded.register(bare(7), name="taxi", alias="production", author="pipeline")
    assert guarded.aliases("taxi") == {}
    assert guarded.promotion("taxi", made.version, to="production").asked
    for version in ("1.1.0", "1.2.0"):
        sign(guarded, "reviewer", "bob", version)
        sign(guarded, "risk", "dan", version)
        promote(guarded, version)
    assert str(guarded.rollback("taxi", by="olga", reason="errors").version) == "1.1.0"
    guarded.move("taxi", "production", "1.2.0", by="olga", reason="it was the network")
    assert [str(one) for one in guarded.standing("taxi")] == ["1.2.0", "1.1.0"]


def test_evidence_is_linked_and_must_be_there(guarded, opened):
    record = opened()[0]
    record.put_type(NodeType(kind=Kind.ARTIFACT, name="mainspring.Verdict"))
    verdict = record.publish([Artifact(type="mainspring.Verdict", digest="sha256:" + "0" * 64)])[0]
    given = sign(guarded, "reviewer", "bob", evidence=[f"artifact:{verdict.id}", "sha256:" + "0" * 64])
    found = record.find(
        Kind.EXECUTION, "type = :t AND inputs.i.type = 'mainspring.Verdict'", {"t": DECISION}
    ).items
    assert [one.name for one in found] == [given.title]
    with pytest.raises(NotFoundError):
        sign(guarded, "reviewer", "bob", evidence=["artifact:9999"])
    with pytest.raises(NotFoundError):
        sign(guarded, "reviewer", "bob", evidence=["sha256:1"])
    with pytest.raises(InputError, match="is no evidence"):
        sign(guarded, "reviewer", "bob", evidence=["trust me"])
    assert len(guarded.decisions("taxi")) == 1


def test_policies_that_cannot_be():
    with pytest.raises(InputError, match="cannot name an environment"):
        Policy(environment="a b")
    with pytest.raises(InputError, match="people are named for risk"):
        Policy(environment="production", people={"risk": ("a",)})


def test_many_decide_at_once(guarded, opened):
    """Two versions are signed and promoted, evidence arrives and a role rejects, all at the same time."""

    def act(place):
        registry = Registry(*opened(), policies=[TWO])
        version = ("1.1.0", "1.2.0")[place % 2]
        try:
            match place // 2 % 5:
                case 0:
                    sign(registry, "reviewer", "bob", version)
                case 1:
                    sign(registry, "risk", "dan", version)
                case 2:
                    registry.attach("taxi", version, evidence=[], by="eve", comment=f"remark {place}")
                case 3:
                    registry.reject("taxi", version, to="production", role="risk", by="dan", comment="no")
                case _:
                    promote(registry, version)
        except PromotionRefusedError:
            return None
        except MainspringError as error:
            return error
        return None

    with ThreadPoolExecutor(8) as pool:
        assert [one for one in pool.map(act, range(30)) if one is not None] == []
    decisions = guarded.decisions("taxi")
    assert [one.number for one in decisions] == list(range(1, len(decisions) + 1)), "one line, without holes"
    moves = guarded.history("taxi", "production")
    promoted = [one for one in decisions if one.verb == "promote"]
    assert [one.after for one in moves] == [one.version for one in promoted]
    for one in promoted:
        before = [each for each in decisions[: one.number - 1] if each.version == one.version]
        last = {each.role: each.verb for each in before if each.verb in ("sign", "reject")}
        since = [each.number for each in before if each.verb == "attach"]
        signed = [each.number for each in before if each.verb == "sign" and f"taxi!{each.number}" in one.evidence]
        assert last == {"reviewer": "sign", "risk": "sign"}
        assert len(signed) == 2
        assert min(signed) > max(since, default=0), "signed on the evidence as it was then"


def test_a_rejection_counts_without_a_policy_too(registry, bare):
    registry.register(bare(), name="taxi")
    registry.reject("taxi", "1.0.0", to="staging", role="ops", by="dan", comment="the disk is full")
    with pytest.raises(PromotionRefusedError, match=r"ops \(dan\) rejected it: the disk is full"):
        promote(registry, "1.0.0", "staging")
    registry.sign("taxi", "1.0.0", to="staging", role="ops", by="dan", comment="it is not")
    promote(registry, "1.0.0", "staging")
