"""What a feature of natural language holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.core.errors import InputError
from mainspring.data.sketches import Distinct, Frequencies, Quantiles
from mainspring.data.statistics.numbers import Histogram, binned, equal_width, least, most


@dataclass(frozen=True, slots=True)
class TokenUse:
    """How often one token occurs, text by text.

    Attributes:
        num_texts: Texts with the token.
        total: Times it occurs in all of them.
        min_per_text: The fewest times in a text that holds it.
        max_per_text: The most times in a text.
    """

    num_texts: int
    total: int
    min_per_text: int
    max_per_text: int

    @classmethod
    def merged(cls, parts: Sequence[TokenUse]) -> TokenUse:
        """Of the texts of all parts."""
        return TokenUse(
            sum(part.num_texts for part in parts),
            sum(part.total for part in parts),
            min(part.min_per_text for part in parts),
            max(part.max_per_text for part in parts),
        )

    def merge(self, other: TokenUse) -> TokenUse:
        """Of the texts of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class TextStatistics:
    """The tokens of the texts of a feature. Missing texts do not count.

    Attributes:
        num_texts: Texts, empty ones among them.
        num_empty: Texts without a token.
        num_tokens: Tokens in all texts, repeated ones as often as they occur.
        min_tokens: Of the text with the fewest; ``None`` if there are no texts, as is ``max_tokens``.
        tokens_per_text: The distribution of the number of tokens.
        total_length: Characters of all tokens that are not excluded.
        min_token_length: Of the shortest; ``None`` if there are no tokens, as is ``max_token_length``.
        token_lengths: The distribution of the characters per token.
        tokens: Token to the times it occurs: all while there are at most 1,000, else the most frequent.
        unique: How many different tokens there are; exact unless parts with many were merged.
        scripts: Kind of character to how many there are: ``latin``, ``cyrillic``, ``cjk`` and so on for letters,
            and ``digits``, ``punctuation``, ``symbols``, ``emoji``, ``spaces``, ``marks``, ``control``.
        vocabulary_size: How many tokens the vocabulary has; ``None`` if none was given.
        num_known: Tokens that the vocabulary has, excluded ones and stand-ins for unknown ones not counted.
        num_excluded: Tokens that coverage and mean length leave out.
        watched: Tokens of which every occurrence was counted.
        uses: Token to how it is used: the watched ones, and those in ``tokens``.
    """

    num_texts: int = 0
    num_empty: int = 0
    num_tokens: int = 0
    min_tokens: int | None = None
    max_tokens: int | None = None
    tokens_per_text: Quantiles = field(default_factory=Quantiles)
    total_length: int = 0
    min_token_length: int | None = None
    max_token_length: int | None = None
    token_lengths: Quantiles = field(default_factory=Quantiles)
    tokens: Frequencies = field(default_factory=lambda: Frequencies({}))
    unique: int = 0
    scripts: Mapping[str, int] = field(default_factory=dict)
    vocabulary_size: int | None = None
    num_known: int = 0
    num_excluded: int = 0
    watched: tuple[str, ...] = ()
    uses: Mapping[str, TokenUse] = field(default_factory=dict)
    distinct: Distinct | None = None

    @property
    def avg_tokens(self) -> float:
        """Mean number of tokens per text; 0 if there are no texts."""
        return self.num_tokens / self.num_texts if self.num_texts else 0.0

    @property
    def avg_token_length(self) -> float:
        """Mean number of characters of the tokens that are not excluded; 0 if there are none."""
        counted = self.num_tokens - self.num_excluded
        return self.total_length / counted if counted else 0.0

    @property
    def coverage(self) -> float | None:
        """The share of the tokens that the vocabulary has; ``None`` without one, 1.0 if there are no tokens."""
        if self.vocabulary_size is None:
            return None
        counted = self.num_tokens - self.num_excluded
        return self.num_known / counted if counted else 1.0

    @property
    def out_of_vocabulary(self) -> float | None:
        """The share of the tokens that the vocabulary does not have; ``None`` without one."""
        return None if self.coverage is None else 1.0 - self.coverage

    def per_text(self, token: str) -> tuple[int, float, int] | None:
        """The fewest, mean and most times a token occurs in a text, texts without it among them.

        ``None`` if nothing is known of the token: it is not among the most frequent and was not watched.
        """
        use = self.uses.get(token)
        if use is None:
            return (0, 0.0, 0) if token in self.watched or self.tokens.complete else None
        fewest = use.min_per_text if use.num_texts == self.num_texts else 0
        return fewest, use.total / self.num_texts, use.max_per_text

    def fraction_with(self, token: str) -> float | None:
        """The share of the texts that hold a token; ``None`` if nothing is known of it."""
        use = self.uses.get(token)
        if use is None:
            return 0.0 if token in self.watched or self.tokens.complete else None
        return use.num_texts / self.num_texts

    def length_histogram(self) -> Histogram:
        """Texts per number of tokens, in ten bins of equal width."""
        return _histogram(self.tokens_per_text, self.min_tokens, self.max_tokens)

    def token_length_histogram(self) -> Histogram:
        """Tokens per number of characters, in ten bins of equal width."""
        return _histogram(self.token_lengths, self.min_token_length, self.max_token_length)

    @classmethod
    def merged(cls, parts: Sequence[TextStatistics]) -> TextStatistics:
        """Of the texts of all parts.

        Raises:
            InputError: If they were measured with different vocabularies or watched tokens.
        """
        if len({(part.vocabulary_size, part.watched) for part in parts}) > 1:
            raise InputError(
                "texts measured with different vocabularies or watched tokens", expected="the same in all parts"
            )
        tokens = Frequencies.merged([part.tokens for part in parts])
        distinct = None if tokens.complete else Distinct.merged([part._distinct() for part in parts])
        scripts: dict[str, int] = {}
        for part in parts:
            for name, count in part.scripts.items():
                scripts[name] = scripts.get(name, 0) + count
        return TextStatistics(
            num_texts=sum(part.num_texts for part in parts),
            num_empty=sum(part.num_empty for part in parts),
            num_tokens=sum(part.num_tokens for part in parts),
            min_tokens=least(part.min_tokens for part in parts),
            max_tokens=most(part.max_tokens for part in parts),
            tokens_per_text=Quantiles.merged([part.tokens_per_text for part in parts]),
            total_length=sum(part.total_length for part in parts),
            min_token_length=least(part.min_token_length for part in parts),
            max_token_length=most(part.max_token_length for part in parts),
            token_lengths=Quantiles.merged([part.token_lengths for part in parts]),
            tokens=tokens,
            unique=len(tokens.counts) if distinct is None else distinct.estimate(),
            scripts=dict(sorted(scripts.items())),
            vocabulary_size=parts[0].vocabulary_size,
            num_known=sum(part.num_known for part in parts),
            num_excluded=sum(part.num_excluded for part in parts),
            watched=parts[0].watched,
            uses=_merged_uses(parts, {*tokens.counts, *parts[0].watched}),
            distinct=distinct,
        )

    def merge(self, other: TextStatistics) -> TextStatistics:
        """Of the texts of both."""
        return self.merged([self, other])

    def _distinct(self) -> Distinct:
        return self.distinct or Distinct.of_words(self.tokens.counts)


def _merged_uses(parts: Sequence[TextStatistics], kept: set[str]) -> dict[str, TokenUse]:
    found: dict[str, list[TokenUse]] = {}
    for part in parts:
        for token, use in part.uses.items():
            if token in kept:
                found.setdefault(token, []).append(use)
    return {token: TokenUse.merged(uses) for token, uses in sorted(found.items())}


def _histogram(found: Quantiles, low: int | None, high: int | None) -> Histogram:
    return Histogram((), ()) if low is None or high is None else binned(found, equal_width(low, high))
