"""How alerts behave, as people write it."""

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.alerts import AlertOptions, Destination, Rule, Severity
from mainspring.monitoring.alerts.destinations import filled, key_of, secrets_of, shown
from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.alerts.options import span
from mainspring.monitoring.alerts.severity import severity_of


def test_they_are_read_from_plain_values():
    options = AlertOptions.read(
        {
            "to": [
                "slack://a/b/c",
                {"url": "mailto://x@example.org", "least": "critical", "only": {"check": "quality"}},
            ],
            "severity": [{"check": "drift", "subject": "age", "effect": 2, "severity": "critical"}],
            "quiet": {"since": "22:00"},
            "for_windows": 2,
        }
    )
    assert options.destinations == (
        Destination(url="slack://a/b/c"),
        Destination(url="mailto://x@example.org", least=Severity.CRITICAL, only={"check": "quality"}),
    )
    assert options.severity == (Rule(check="drift", subject="age", effect=2.0, severity=Severity.CRITICAL),)
    assert (options.quiet.until, options.window_count) == ("07:00", 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"too": []}, "there is no option 'too'"),
        ({"budget": {"per_hour": 3}}, "there is no option 'budget.per_hour'"),
        ({"severity": [{"severity": "loud"}]}, "loud"),
        ({"severity": [{"severity": "info", "colour": "red"}]}, "colour"),
        ({"to": ["nowhere"]}, "no address"),
        ({"repeat": "often"}, "repeat is 'often', not a length of time"),
        ({"for_windows": 0}, "for_windows is 0, not 1 or more"),
        ({"for_windows": 3, "of_windows": 2}, "fewer than for_windows"),
        ({"of_windows": 51}, "more than 50"),
        ({"quiet": {"since": "25:00"}}, "not a time of day"),
        ({"quiet": {"since": "07:00"}}, "the same time"),
        ({"zone": "Mars/Olympus"}, "not known here"),
        ({"group_by": ["moon"]}, "'moon'"),
        ({"to": [{"url": "https://x", "only": {"moon": "full"}}]}, "'moon' is nothing that alerts have"),
        ({"adaptive": {"season": "year"}}, "not week, day or none"),
    ],
)
def test_mistakes_are_told(given, said):
    with pytest.raises(InputError) as caught:
        AlertOptions.read(given)
    assert said in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        AlertOptions(for_windows=0, repeat="often", zone="Mars/Olympus")
    assert str(caught.value).count(";") == 2


def test_lengths():
    assert [span(one) for one in ("", "0s", "90s", "1.5h", "7d")] == [0, 0, 90, 5400, 604_800]


def test_an_address_is_shown_without_what_may_be_secret():
    secret = Destination(url="https://ann:pw@hooks.example.com:8443/T1/${TOKEN}?k=v")
    assert shown(secret) == "https://hooks.example.com:8443/…"
    assert shown(Destination(url="${WHERE}")) == "${…}"
    assert filled(secret, {"TOKEN": "t"}).endswith("/T1/t?k=v")
    assert "pw" not in key_of(secret)
    with pytest.raises(InputError, match="TOKEN of the environment") as caught:
        filled(secret, {})
    assert "pw" not in str(caught.value)


def test_every_part_of_an_address_may_be_a_secret():
    found = secrets_of(Destination(url="mailto://anna:s3cretpw@mail.example.org?key=${K}"), {"K": "tok-1"})
    assert {"s3cretpw", "tok-1", "anna:s3cretpw@mail.example.org?key=tok-1"} <= set(found)
    assert found == sorted(found, key=len, reverse=True)


def test_the_first_rule_that_fits_counts_and_then_the_house():
    found = Finding(check="drift", code="DRIFT", subject="age", effect=3.0)
    assert severity_of(found, AlertOptions()) is Severity.WARNING
    rules = AlertOptions(
        severity=(
            Rule(subject="age", effect=5.0, severity=Severity.INFO),
            Rule(subject="a*", effect=3.0, severity=Severity.CRITICAL),
        )
    )
    assert severity_of(found, rules) is Severity.CRITICAL
    quality = Finding(check="quality", code="BELOW", subject="auc")
    assert severity_of(quality, AlertOptions()) is Severity.CRITICAL
    gone = Finding(check="drift", code="FEATURE_UNAVAILABLE", subject="age")
    assert severity_of(gone, AlertOptions()) is Severity.CRITICAL
    assert severity_of(Finding(check="quality", code="UNUSUAL", unusual=True), AlertOptions()) is Severity.INFO
