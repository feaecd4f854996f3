"""Whether texts are made of the tokens that the schema expects."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.schema import Feature, LanguageDomain, TokenConstraint
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.statistics.text import TextStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import SLACK, ceiling, finding, floor, plural


def check_language(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Too many unknown tokens, too short ones, too few or too many of one, or of all in a text."""
    wanted = feature.language
    if wanted is None:
        return
    text = found.text
    coverage = wanted.min_coverage is not None
    if text is None:
        if (
            coverage
            or wanted.min_avg_token_length is not None
            or wanted.token_constraints
            or wanted.sequence_length
        ):
            yield _unknown(feature, "the values were not looked at as texts", f"text=[{feature.name!r}]")
        return
    if not text.num_texts:
        return
    if coverage and text.coverage is None:
        yield _unknown(feature, "no vocabulary was given", f"vocabularies={{{feature.name!r}: …}}")
    yield from _tokens(feature, wanted, text)
    for constraint in wanted.token_constraints:
        yield from _constraint(feature, constraint, text)
    yield from _lengths(feature, wanted, text)


def _unknown(feature: Feature, why: str, options: str) -> Anomaly:
    return finding(
        AnomalyType.STATS_NOT_AVAILABLE,
        feature.name,
        found=why,
        expected=f"statistics with {options}",
        edit="leave out what language says of it; or take the statistics again",
    )


def _tokens(feature: Feature, wanted: LanguageDomain, text: TextStatistics) -> Iterator[Anomaly]:
    known, wished = text.coverage, wanted.min_coverage
    if wished is not None and known is not None and known < wished - SLACK:
        counted = text.num_tokens - text.num_excluded
        yield finding(
            AnomalyType.FEATURE_COVERAGE_TOO_LOW,
            feature.name,
            found=f"the vocabulary knows {text.num_known:,} of {counted:,} tokens ({known:.2%})",
            expected=f"at least {wished:.2%} of the tokens in the vocabulary",
            edit=f"language: {{min_coverage: {floor(known)}}}",
            observed=known,
            limit=wished,
        )
    least = wanted.min_avg_token_length
    if least is not None and text.avg_token_length < least - SLACK:
        yield finding(
            AnomalyType.FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH,
            feature.name,
            found=f"tokens have {text.avg_token_length:.4g} characters on average",
            expected=f"at least {least:g}",
            edit=f"language: {{min_avg_token_length: {floor(text.avg_token_length)}}}",
            observed=text.avg_token_length,
            limit=least,
        )


def _constraint(feature: Feature, wanted: TokenConstraint, text: TextStatistics) -> Iterator[Anomaly]:
    per_text, share = text.per_text(wanted.token), text.fraction_with(wanted.token)
    if per_text is None or share is None:
        yield _unknown(feature, f"the token {wanted.token!r} was not counted", "the token watched")
        return
    fewest, _, most = per_text
    for type_, key, value, limit, low in (
        (
            AnomalyType.SEQUENCE_VALUE_TOO_FEW_OCCURRENCES,
            "min_per_sequence",
            fewest,
            wanted.min_per_sequence,
            True,
        ),
        (
            AnomalyType.SEQUENCE_VALUE_TOO_MANY_OCCURRENCES,
            "max_per_sequence",
            most,
            wanted.max_per_sequence,
            False,
        ),
        (AnomalyType.SEQUENCE_VALUE_TOO_SMALL_FRACTION, "min_fraction", share, wanted.min_fraction, True),
        (AnomalyType.SEQUENCE_VALUE_TOO_LARGE_FRACTION, "max_fraction", share, wanted.max_fraction, False),
    ):
        if limit is None or (value >= limit - SLACK if low else value <= limit + SLACK):
            continue
        fraction = key.endswith("fraction")
        told = f"{share:.2%} of the texts hold {wanted.token!r}"
        if not fraction:
            told = f"a text holds {wanted.token!r} {plural(int(value), 'time')}"
        accepted = value if not fraction else floor(value) if low else min(ceiling(value), 1.0)
        yield finding(
            type_,
            feature.name,
            found=told,
            expected=f"at {'least' if low else 'most'} "
            + (f"{limit:.2%} of the texts" if fraction else f"{limit:g}"),
            edit=f"language: {{token_constraints: [{{token: {wanted.token!r}, {key}: {accepted}}}]}}",
            observed=value,
            limit=limit,
        )


def _lengths(feature: Feature, wanted: LanguageDomain, text: TextStatistics) -> Iterator[Anomaly]:
    length = wanted.sequence_length
    if length is None:
        return
    for type_, key, value, limit in (
        (AnomalyType.SEQUENCE_TOO_SHORT, "min", text.min_tokens, length.min),
        (AnomalyType.SEQUENCE_TOO_LONG, "max", text.max_tokens, length.max),
    ):
        if value is None or limit is None or (value >= limit if key == "min" else value <= limit):
            continue
        yield finding(
            type_,
            feature.name,
            found=f"the {'shortest' if key == 'min' else 'longest'} text has {plural(value, 'token')}",
            expected=f"at {'least' if key == 'min' else 'most'} {limit:,}",
            edit=f"language: {{sequence_length: {{{key}: {value}}}}}",
            observed=value,
            limit=limit,
        )
