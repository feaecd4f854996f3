"""Measuring features of natural language: tokens, vocabulary, scripts.

A column of text is cut into tokens: runs of letters, marks and digits, with apostrophes inside (``it's``), in
small letters; each character of a script that puts no spaces between words (Chinese, Japanese, Thai, …) is a
token of its own. The elements of a list of text are its tokens, as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.paths import path_of
from mainspring.data.profiling.recognition import UNSPACED
from mainspring.data.sketches import EXACT_VALUES, Distinct, Frequencies, Quantiles
from mainspring.data.statistics.text import TextStatistics, TokenUse
from mainspring.data.tables import Table

_WORD: Final = r"[\p{L}\p{M}\p{N}]"
_TOKEN: Final = rf"[{UNSPACED}]|{_WORD}+(?:['\x{{2019}}]{_WORD}+)*"
_KINDS: Final = {"N": "digits", "P": "punctuation", "S": "symbols", "Z": "spaces", "M": "marks", "C": "control"}
_EMOJI: Final = (range(0x1F000, 0x1FB00), range(0x2600, 0x27C0), range(0xFE00, 0xFE10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The tokens that are looked for in texts; in any letter case for a column of text.

    Attributes:
        known: The known tokens; ``None`` if coverage is not asked for.
        excluded: Tokens that coverage and mean length leave out, such as ``[PAD]``.
        unknown: Tokens that stand for unknown ones, such as ``[UNK]``: they are not known.
        watched: Tokens to count in every text, however rare.
    """

    known: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


def measure_text(
    table: Table, name: str, vocabulary: Vocabulary | Collection[str] | None = None
) -> TextStatistics:
    """The tokens of the texts of a feature.

    Args:
        name: A column of text or of lists of text, or such a field of a structure.
        vocabulary: The tokens that are looked for; a plain collection is of known tokens.

    Raises:
        InputError: If the column holds no text.

    Example:
        >>> table = Table.from_columns({"note": ["It's late", "late again"]})
        >>> measure_text(table, "note", ["late", "it's"]).coverage
        0.75
    """
    path = path_of(table, name)
    is_list = path.depth == 1
    if path.type is not ColumnType.STRING or path.depth > 1:
        raise InputError(f"{name!r} is {path.type}", expected="text, or lists of text")
    cell = path.cell
    tokens = f"list_filter({cell}, lambda t: t IS NOT NULL)"
    if not is_list:
        tokens = f"regexp_extract_all(lower({cell}), {engine.literal(_TOKEN)})"
    texts = engine.Relation.of(
        f"SELECT row_number() OVER () AS row, {tokens} AS tokens FROM ({table.query()}) WHERE {cell} IS NOT NULL"  # noqa: S608 - names are quoted
    )
    if not isinstance(vocabulary, Vocabulary):
        vocabulary = Vocabulary(known=None if vocabulary is None else tuple(vocabulary))
    words = _Words(vocabulary, as_they_are=is_list)
    whole = f"array_to_string({cell}, '')" if is_list else cell
    return _measured(texts.name, words, _scripts(f"SELECT {whole} AS v FROM ({table.query()})"))  # noqa: S608 - names are quoted


class _Words:
    """The tokens that are looked for, as they stand in the texts."""

    def __init__(self, found: Vocabulary, *, as_they_are: bool) -> None:
        def listed(tokens: Iterable[str]) -> list[str]:
            return sorted({token if as_they_are else token.lower() for token in tokens})

        self.known = None if found.known is None else listed(found.known)
        self.excluded, self.unknown = listed(found.excluded), listed(found.unknown)
        self.watched = listed(found.watched)


def _measured(texts: str, words: _Words, scripts: dict[str, int]) -> TextStatistics:
    held = engine.Relation.of(
        "SELECT t, sum(n)::BIGINT AS n, count(*) AS texts, min(n) AS least, max(n) AS most FROM ("  # noqa: S608 - our own names
        f"SELECT row, t, count(*) AS n FROM (SELECT row, unnest(tokens) AS t FROM {texts}) GROUP BY row, t) "
        "GROUP BY t"
    )
    uses = held.name
    per_text = engine.fetch(f"SELECT len(tokens) AS l, count(*) FROM {texts} GROUP BY l ORDER BY l")  # noqa: S608 - our own names
    lengths = engine.fetch(f"SELECT length(t) AS l, sum(n)::BIGINT FROM {uses} GROUP BY l ORDER BY l")  # noqa: S608 - our own names
    unique, num_tokens, num_excluded, total_length, num_known = engine.fetch(
        "SELECT count(*), coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (out), 0)::BIGINT, "  # noqa: S608 - our own names
        "coalesce(sum(n * length(t)) FILTER (NOT out), 0)::BIGINT, "
        "coalesce(sum(n) FILTER (known AND NOT out), 0)::BIGINT FROM ("
        f"SELECT t, n, t IN (SELECT unnest($excluded::VARCHAR[])) AS out, "
        f"t IN (SELECT unnest($known::VARCHAR[])) AS known FROM {uses})",
        {"excluded": words.excluded, "known": sorted({*(words.known or ())}.difference(words.unknown))},
    )[0]
    top = engine.fetch(f"SELECT t, n FROM {uses} ORDER BY n DESC, t LIMIT {EXACT_VALUES + 1}")  # noqa: S608 - our own names
    counts = dict(top[:EXACT_VALUES])
    floor = top[EXACT_VALUES][1] if len(top) > EXACT_VALUES else 0
    return TextStatistics(
        num_texts=sum(count for _, count in per_text),
        num_empty=sum(count for length, count in per_text if not length),
        num_tokens=num_tokens,
        min_tokens=per_text[0][0] if per_text else None,
        max_tokens=per_text[-1][0] if per_text else None,
        tokens_per_text=_distribution(per_text),
        total_length=total_length,
        min_token_length=lengths[0][0] if lengths else None,
        max_token_length=lengths[-1][0] if lengths else None,
        token_lengths=_distribution(lengths),
        tokens=Frequencies(counts, num_tokens - sum(counts.values()), floor),
        unique=unique,
        scripts=scripts,
        vocabulary_size=None if words.known is None else len(words.known),
        num_known=num_known,
        num_excluded=num_excluded,
        watched=tuple(words.watched),
        uses=_uses(uses, sorted({*counts, *words.watched})),
        distinct=_distinct(uses) if floor else None,
    )


def _uses(uses: str, tokens: list[str]) -> dict[str, TokenUse]:
    query = (
        f"SELECT t, texts, n, least, most FROM {uses} WHERE t IN (SELECT unnest($tokens::VARCHAR[])) ORDER BY t"  # noqa: S608 - our own names
    )
    return {token: TokenUse(*figures) for token, *figures in engine.fetch(query, {"tokens": tokens})}


def _distinct(uses: str) -> Distinct:
    with engine.cursor() as found:
        query = f"SELECT ('0x' || md5(t)[1:15])::BIGINT AS h FROM {uses}"  # noqa: S608 - our own name
        return Distinct.of_hashes(found.execute(query).fetchnumpy()["h"])


def _distribution(counted: list[tuple[int, int]]) -> Quantiles:
    exact = Quantiles(tuple(value for value, _ in counted), tuple(count for _, count in counted))
    return Quantiles.merged([exact])


def _scripts(texts: str) -> dict[str, int]:
    """How many characters of each kind."""
    found: dict[str, int] = {}
    query = f"SELECT c, count(*) FROM (SELECT unnest(string_split(v, '')) AS c FROM ({texts})) GROUP BY c"  # noqa: S608 - our own query
    for text, count in engine.fetch(query):
        # The engine keeps a letter and the marks on it together.
        for char in text:
            kind = _kind(char)
            found[kind] = found.get(kind, 0) + count
    return dict(sorted(found.items()))


def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if any(ord(char) in some for some in _EMOJI):
        return "emoji"
    if category[0] == "L":
        return unicodedata.name(char, "other letters").split()[0].lower()
    return "spaces" if char.isspace() else _KINDS[category[0]]
