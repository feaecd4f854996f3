"""What can be done to words and texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from mainspring.core.errors import InputError
from mainspring.data.transforms import ops
from mainspring.data.transforms.analysis import requests as ask
from mainspring.data.transforms.graph.drafts import AfterVocabulary
from mainspring.data.transforms.graph.expression import Value
from mainspring.data.transforms.graph.numbers import NumberMethods
from mainspring.data.transforms.ops import Kind


class WordMethods(NumberMethods):
    """Methods of words and of tokens. Numbers become their text where words are wanted."""

    __slots__ = ()

    def one_hot(self, top: int | None = 100, *, min_count: int = 1, oov: int = 1, missing: bool = True) -> Self:
        """One column per known word, for unseen ones, and for missing ones. Of buckets: one column per bucket.

        Args:
            top: The most words to know; the most frequent ones, then by the word.
            min_count: How many training rows a known word needs.
            oov: How many columns there are for unseen words.
            missing: Whether there is a column for missing words.
        """
        if self._gives_places():
            return self._expand(self.name)
        word = self._as(Kind.WORD, "one_hot")
        places = word._then(
            ops.Lookup,
            ".place",
            vocabulary=ask.Vocabulary((word.name,), top, min_count),
            buckets=oov,
            unseen=None,
            missing=AfterVocabulary() if missing else None,
        )
        return places._expand(self.name)

    def vocabulary(
        self, top: int | None = None, *, min_count: int = 1, oov: int = 0, words: Sequence[str] | None = None
    ) -> Self:
        """The place in the vocabulary, from 0.0 on in descending order of frequency, then by the word.

        Unseen words are -1.0, or with ``oov`` buckets a place behind the vocabulary; missing ones stay missing.

        Args:
            words: The vocabulary, where it is known.
        """
        word = self._as(Kind.WORD, "vocabulary")
        known = ask.Vocabulary((word.name,), top, min_count) if words is None else tuple(words)
        return word._then(ops.Lookup, ".vocabulary", vocabulary=known, buckets=oov)

    def frequency(self, top: int | None = None) -> Self:
        """The share of the training rows with that word, among those with a word; 0.0 for an unseen one."""
        word = self._as(Kind.WORD, "frequency")
        asked = {"words": ask.Vocabulary((word.name,), top), "numbers": ask.WordShares((word.name,), top)}
        return word._then(ops.Replace, ".frequency", **asked, unseen=0.0)

    def replace(self, numbers: dict[str, float], *, unseen: float | None = None) -> Self:
        """A number of its own for each word; ``unseen`` (missing if not given) for others."""
        word = self._as(Kind.WORD, "replace")
        held = {"words": tuple(numbers), "numbers": tuple(map(float, numbers.values()))}
        return word._then(ops.Replace, ".replace", **held, unseen=unseen)

    def target_mean(self, *, smoothing: float = 10.0, folds: int = 5) -> Self:
        """The mean of the label over the rows with that word, drawn towards the mean of all rows.

        The label is a number, or for two classes 1.0 for the second one. A training row gets the figures of the
        folds that it is not in, so that its own label never reaches it; in serving all rows count.

        Args:
            smoothing: As many rows with the overall mean are added to those of each word.
            folds: How many there are. What a row holds in all columns but the label decides which one it is in, so
                that it is the same in any order and in any selection of the rows; equal rows are in one.
        """
        if self.plan.label is None or folds < 2 or smoothing < 0.0:
            raise InputError(
                "target_mean needs a label, two folds and a smoothing that is not negative",
                where=self.name,
                expected="Transform.fit(…, label=…)",
            )
        word = self._as(Kind.WORD, "target_mean")
        by = tuple(self.plan.types)
        of = (word.name, ask.LABEL, ask.fold_name(folds, by))
        figures = ("words", "numbers", "mean", "fold_numbers", "fold_means")
        asked = {figure: ask.TargetFigures(of, figure, float(smoothing)) for figure in figures}
        return word._then(ops.TargetMean, ".target_mean", **asked, by=by)

    def hash(self, buckets: int, *, seed: int = 0) -> Self:
        """The bucket of a word as a number, or for tokens how many fall into each bucket (the hashing trick)."""
        if self.kind is Kind.TOKENS:
            return self._then(ops.HashedCounts, ".hash", buckets=buckets, seed=seed)
        return self._then(ops.Hash, ".hash", buckets=buckets, seed=seed)

    def word(self) -> Self:
        """A number as text."""
        return self._as(Kind.WORD, "word")

    def number(self) -> Self:
        """A text as a number; missing where it is none."""
        return self if self.kind is Kind.NUMBER else self._then(ops.ToNumber, ".number")

    def lower(self) -> Self:
        """In lower case."""
        return self._then(ops.Lower, ".lower")

    def strip(self) -> Self:
        """Without spaces at both ends."""
        return self._then(ops.Strip, ".strip")

    def clean(self, pattern: str, replacement: str = "") -> Self:
        """Every match of a regular expression replaced."""
        return self._then(ops.Substitute, ".clean", pattern=pattern, replacement=replacement)

    def matches(self, pattern: str) -> Self:
        """1.0 where the whole text matches a regular expression, else 0.0."""
        return self._then(ops.Matches, ".matches", pattern=pattern)

    def length(self) -> Self:
        """The number of characters."""
        return self._then(ops.Length, ".length")

    def tokens(self, pattern: str | None = None) -> Self:
        r"""Split at white space, or take what matches a regular expression such as ``\w+``."""
        return self._then(ops.Tokens, ".tokens", pattern=pattern)

    def characters(self, low: int = 3, high: int | None = None) -> Self:
        """Runs of characters as tokens."""
        return self._then(ops.Characters, ".characters", low=low, high=high or low)

    def ngrams(self, low: int = 1, high: int = 2, *, separator: str = " ") -> Self:
        """Runs of tokens as tokens."""
        return self._then(ops.NGrams, ".ngrams", low=low, high=high, separator=separator)

    def without(self, words: Sequence[str]) -> Self:
        """Tokens that are not in a list of stop words."""
        return self._then(ops.StopWords, ".without", words=tuple(words))

    def count(self) -> Self:
        """The number of tokens."""
        return self._then(ops.TokenCount, ".count")

    def bag_of_words(self, top: int = 1000, *, min_count: int = 1, binary: bool = False) -> Self:
        """One column per known token: how often it occurs. The vocabulary is ranked by rows that hold a token."""
        of = self._tokens("bag_of_words")
        return self._then(ops.BagOfWords, ".bag", vocabulary=ask.Vocabulary(of, top, min_count), binary=binary)

    def tf_idf(self, top: int = 1000, *, min_count: int = 1) -> Self:
        """One column per known token: ``count / length * (1 + log((N + 1) / (df + 1)))``.

        ``N`` is the number of training rows, those without a text among them, and ``df`` of those with the token.
        """
        of = self._tokens("tf_idf")
        asked: dict[str, Any] = {
            "vocabulary": ask.Vocabulary(of, top, min_count),
            "idf": ask.Idf(of, top, min_count),
        }
        return self._then(ops.TfIdf, ".tf_idf", **asked)

    def sequence(self, top: int = 10_000, *, length: int = 64, min_count: int = 1) -> Self:
        """The first tokens in their order, a column for each: its place in the vocabulary.

        Unseen tokens are -1.0; behind the last there is nothing (missing). The vocabulary is ranked by rows that
        hold a token. It is what a network for texts reads; other estimators can do nothing with it.

        Args:
            top: The most tokens to know.
            length: How many tokens are read.
            min_count: How many training rows a known token needs.
        """
        if length < 1:
            raise InputError(f"a sequence of {length} tokens", expected="at least 1", where=self.name)
        of = self._tokens("sequence")
        return self._then(
            ops.TokenPlaces, ".sequence", vocabulary=ask.Vocabulary(of, top, min_count), length=length
        )

    def cross(self, *others: Value, separator: str = "_x_") -> Self:
        """The words of several columns as one; missing where one of them is."""
        words = [other._as(Kind.WORD, "cross") for other in others]
        name = "_x_".join([self.name, *(other.name for other in others)])
        return self._as(Kind.WORD, "cross")._then(ops.Cross, name, *words, separator=separator)

    def _tokens(self, what: str) -> tuple[str]:
        return (self._as(Kind.TOKENS, what).name,)
