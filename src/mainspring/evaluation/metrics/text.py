"""Metrics of texts: exact match, token F1, BLEU, ROUGE, chrF, and the error rates of words and characters.

BLEU is that of the corpus: n-grams up to four, closest reference length, no smoothing, so it is 0 as soon as no
four words in a row are found anywhere (the figure of ``sacrebleu --smooth-method none``). It is told between 0
and 1. Its words are told by ``tokens``: those of mteval-13a, between white space, or a function of one's own.

References: P. Rajpurkar et al., *SQuAD* (2016) for normalised answers; K. Papineni et al., *BLEU* (2002);
C.-Y. Lin, *ROUGE* (2004), F-measures without stemming; M. Popović, *chrF* (2015), characters up to six, beta 2.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

Tokens: TypeAlias = Callable[[str], Sequence[str]] | Literal["13a", "spaces"]

_NGRAMS: Final = 4
_CHARACTERS: Final = 6
_MEANS: Final = ("exact_match", "token_f1", "rouge1", "rouge2", "rougel")
_NO_ROWS = "there are no rows with a label"


def _fact(better: Better, title: str, says: str, *, unit: bool = True) -> Fact:
    return Fact(better=better, title=title, says=says, unit=unit)


FACTS: Facts = {
    "exact_match": _fact(
        Better.HIGHER, "exact match", "the share of texts equal to a reference, case and articles off"
    ),
    "token_f1": _fact(Better.HIGHER, "token F1", "how far the words of text and reference are the same"),
    "bleu": _fact(
        Better.HIGHER, "BLEU", "how many runs of words are found in a reference, short texts marked down"
    ),
    "brevity_penalty": _fact(Better.NEITHER, "brevity penalty", "what BLEU is multiplied by for texts too short"),
    "rouge1": _fact(Better.HIGHER, "ROUGE-1", "the F-measure of single words shared with the reference"),
    "rouge2": _fact(Better.HIGHER, "ROUGE-2", "the F-measure of pairs of words shared with the reference"),
    "rougel": _fact(Better.HIGHER, "ROUGE-L", "the F-measure of the longest common sequence of words"),
    "chrf": _fact(Better.HIGHER, "chrF", "the F-measure of runs of characters shared with the reference"),
    "character_error_rate": _fact(
        Better.LOWER, "character error rate", "edits of characters by those of the reference", unit=False
    ),
    "word_error_rate": _fact(
        Better.LOWER, "word error rate", "edits of words by those of the reference", unit=False
    ),
}


@dataclass(frozen=True, eq=False)
class TextRows:
    """What each text adds to the figures, worked out once. Made by :meth:`of`.

    Attributes:
        means: Exact match, token F1, ROUGE-1, -2 and -L of each text, shape ``[n, 5]``.
        counts: What is summed up over texts for the other figures, shape ``[n, 32]`` (see :class:`TextState`).
        weights: Row weights; ``None`` weighs every row 1.
    """

    means: Floats
    counts: Floats
    weights: Floats | None = None

    @classmethod
    def of(
        cls,
        references: Sequence[str | Sequence[str]],
        texts: Sequence[str],
        *,
        tokens: Tokens = "13a",
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> Self:
        """Compare texts with their references.

        Args:
            references: The right text of each row, or several of them. With several, exact match, F1 and ROUGE
                take the best, the error rates and chrF the nearest one, and BLEU all.
            texts: What the model wrote.
            tokens: How BLEU and the word error rate tell words apart: ``"13a"`` (punctuation by itself),
                ``"spaces"``, or a function from text to words.
            weights: Row weights.

        Raises:
            InputError: If lengths differ, a text is missing, a row has no reference, or the tokens are not known.

        Example:
            >>> rows = TextRows.of(["The cat sat."], ["a cat sat down"])
            >>> rows.state().measure().values["token_f1"]
            0.8
        """
        wanted = [[one] if isinstance(one, str) else one for one in references]
        told = [len(wanted), len(texts), *([] if weights is None else [len(weights)])]
        faults = [f"columns of {', '.join(map(str, told))} rows"] if len(set(told)) > 1 else []
        missing = sum(not isinstance(text, str) for text in texts)
        bare = sum(not one or not all(isinstance(text, str) for text in one) for one in wanted)
        faults += [f"{missing} rows without a text"] if missing else []
        faults += [f"{bare} rows without a reference"] if bare else []
        if not callable(tokens) and tokens not in _TOKENS:
            faults.append(f"tokens {tokens!r}")
        if faults:
            raise InputError(
                "; ".join(faults),
                expected=f"a text and a reference in every row, tokens {', '.join(_TOKENS)} or a function",
            )
        split = tokens if callable(tokens) else _TOKENS[tokens]
        rows = [_compare(text, list(right), split) for text, right in zip(texts, wanted, strict=True)]
        means = np.array([one for one, _ in rows], dtype=np.float64).reshape(len(rows), len(_MEANS))
        counts = np.array([one for _, one in rows], dtype=np.float64).reshape(len(rows), _WIDTH)
        return cls(means, counts, None if weights is None else np.asarray(weights, dtype=np.float64))

    def __len__(self) -> int:
        return len(self.means)

    def state(self, rows: Ints | None = None) -> TextState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        weights = None if self.weights is None else self.weights[part]
        counts = self.counts[part]
        weight = np.ones(len(counts)) if weights is None else weights
        return TextState(
            rows=len(counts),
            weighted=weights is not None,
            means=tuple(RowMean.of(column, weights) for column in self.means[part].T),
            counts=weight @ counts,
        )


@dataclass(frozen=True, eq=False)
class TextState:
    """Means of the figures of texts, and sums for the figures of the corpus.

    Attributes:
        rows: Texts, unweighted.
        weighted: Whether they carry weights.
        means: Of exact match, token F1, ROUGE-1, -2 and -L.
        counts: Weighted sums, shape ``[32]``: four of n-grams found, four of n-grams written; words written, and
            of the closest reference; edits and length in characters, edits and length in words; for chrF six of
            runs found, six of runs written, and six of runs in the reference.
    """

    rows: int
    weighted: bool
    means: tuple[RowMean, ...]
    counts: Floats

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        return type(self)(
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            means=tuple(one.merge(more) for one, more in zip(self.means, other.means, strict=True)),
            counts=self.counts + other.counts,
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures; the means of texts have intervals."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        for name, mean in zip(_MEANS, self.means, strict=True):
            interval = mean.interval(intervals, weighted=self.weighted, high=1.0)
            sheet.put(name, mean.value, why=_NO_ROWS, interval=interval)
        found, written = self.counts[:_NGRAMS], self.counts[_NGRAMS : 2 * _NGRAMS]
        words, closest, *edits = self.counts[2 * _NGRAMS : 2 * _NGRAMS + 6].tolist()
        none = "the model wrote no word" if self.rows else _NO_ROWS
        short = "no text has as many as four words, so there is no run of four to look for" if words else none
        penalty = math.nan if not words else min(1.0, math.exp(1 - closest / words))
        sheet.put("bleu", penalty * _geometric_mean(found, written), why=short)
        sheet.put("brevity_penalty", penalty, why=none)
        sheet.put("chrf", _chrf(self.counts[-3 * _CHARACTERS :].reshape(3, _CHARACTERS)), why=_EMPTY)
        sheet.fraction("character_error_rate", edits[0], edits[1], why=_EMPTY if self.rows else _NO_ROWS)
        sheet.fraction("word_error_rate", edits[2], edits[3], why=_EMPTY if self.rows else _NO_ROWS)
        return sheet.done()


_EMPTY = "every reference is empty"
_WIDTH: Final = 2 * _NGRAMS + 6 + 3 * _CHARACTERS


def normalised(text: str) -> str:
    """A text as SQuAD compares answers: lower case, without punctuation and articles, single spaces.

    Example:
        >>> normalised("The  Cat's hat!")
        'cats hat'
    """
    bare = "".join(sign for sign in text.lower() if sign not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def words_13a(text: str) -> list[str]:
    """The words of a text as mteval-v13a tells them apart: punctuation by itself, but not inside of numbers.

    Example:
        >>> words_13a("It cost 1,000.50 (cash).")
        ['It', 'cost', '1,000.50', '(', 'cash', ')', '.']
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for code, sign in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(code, sign)
    text = f" {text} "
    for pattern, spaced in _MTEVAL:
        text = pattern.sub(spaced, text)
    return text.split()


_PUNCTUATION = frozenset(string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_APART = "".join(sorted(_PUNCTUATION - set("',-.")))
_MTEVAL = (
    (re.compile(rf"([{re.escape(_APART)}])"), r" \1 "),
    (re.compile(r"(\D)([.,])", re.ASCII), r"\1 \2 "),
    (re.compile(r"([.,])(\D)", re.ASCII), r" \1 \2"),
    (re.compile(r"(\d)(-)", re.ASCII), r"\1 \2 "),
)
_ROUGE_WORD = re.compile(r"[a-z0-9]+")
_TOKENS: Final[dict[str, Callable[[str], Sequence[str]]]] = {"13a": words_13a, "spaces": str.split}


def edit_distance(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and replacements that make one sequence the other (Levenshtein 1966).

    The rows of the table of distances are kept as bits of whole numbers: where a step up, and where a step down.

    Reference: G. Myers, *A fast bit-vector algorithm for approximate string matching based on dynamic
    programming*, Journal of the ACM 46 (1999).

    Example:
        >>> edit_distance("kitten", "sitting")
        3
    """
    if not first:
        return len(second)
    places, full = _places(first), (1 << len(first)) - 1
    up, down, distance = full, 0, len(first)
    for one in second:
        equal = places.get(one, 0)
        vertical = equal | down
        across = (((equal & up) + up) ^ up) | equal
        rises, falls = (down | ~(across | up)) & full, up & across
        distance += (rises >> (len(first) - 1)) - (falls >> (len(first) - 1))
        rises = (rises << 1 | 1) & full
        up = ((falls << 1) | ~(vertical | rises)) & full
        down = rises & vertical
    return distance


def _common_sequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """The length of the longest common subsequence (H. Hyyrö, *Bit-parallel LCS-length computation*, 2004)."""
    places, full = _places(first), (1 << len(first)) - 1
    row = full
    for one in second:
        matched = row & places.get(one, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(first) - row.bit_count()


def _places(sequence: Sequence[Hashable]) -> dict[Hashable, int]:
    """For each element the places where it stands, as bits."""
    places: dict[Hashable, int] = {}
    for place, one in enumerate(sequence):
        places[one] = places.get(one, 0) | 1 << place
    return places


def _compare(
    text: str, references: list[str], split: Callable[[str], Sequence[str]]
) -> tuple[list[float], list[float]]:
    """The figures of one text, and what it adds to those of the corpus."""
    bare, rights = normalised(text), [normalised(one) for one in references]
    words, others = _ROUGE_WORD.findall(text.lower()), [_ROUGE_WORD.findall(one.lower()) for one in references]
    means = [
        float(bare in rights),
        max(_token_f1(bare.split(), one.split()) for one in rights),
        max(_overlap_f1(_runs(words, 1), _runs(one, 1)) for one in others),
        max(_overlap_f1(_runs(words, 2), _runs(one, 2)) for one in others),
        max(_f_measure(_common_sequence(words, one), len(words), len(one)) for one in others),
    ]
    written, wanted = list(split(text)), [list(split(one)) for one in references]
    letters = [(edit_distance(text, one), len(one)) for one in references]
    tokens = [(edit_distance(written, one), len(one)) for one in wanted]
    chrf = [_character_runs(text, one) for one in references]
    nearest = max(range(len(chrf)), key=lambda place: _chrf(np.array(chrf[place])) if any(chrf[place][2]) else 0.0)
    return means, [
        *_ngrams(written, wanted),
        *min(letters, key=_rate),
        *min(tokens, key=_rate),
        *(count for block in chrf[nearest] for count in block),
    ]


def _rate(edits: tuple[int, int]) -> float:
    return edits[0] / edits[1] if edits[1] else float(edits[0])


def _runs(tokens: Sequence[Hashable], length: int) -> Counter[Hashable]:
    return Counter(zip(*(tokens[start:] for start in range(length)), strict=False))


def _f_measure(common: float, written: int, wanted: int) -> float:
    return 2 * common / (written + wanted) if written + wanted else 0.0


def _overlap_f1(first: Counter[Hashable], second: Counter[Hashable]) -> float:
    return _f_measure((first & second).total(), first.total(), second.total())


def _token_f1(first: list[str], second: list[str]) -> float:
    """As SQuAD has it: two answers without words are equal."""
    if not first or not second:
        return float(first == second)
    return _overlap_f1(_runs(first, 1), _runs(second, 1))


def _ngrams(written: list[str], wanted: list[list[str]]) -> Iterable[float]:
    """For BLEU: runs found in a reference (each as often as in any), runs written, and the two lengths."""
    found, all_runs = [], []
    for length in range(1, _NGRAMS + 1):
        runs = _runs(written, length)
        most: Counter[Hashable] = Counter()
        for one in wanted:
            most |= _runs(one, length)
        found.append((runs & most).total())
        all_runs.append(runs.total())
    lengths = [len(one) for one in wanted]
    closest = min(lengths, key=lambda length: (abs(length - len(written)), length))
    return (*found, *all_runs, len(written), closest)


def _geometric_mean(found: Floats, written: Floats) -> float:
    if (written <= 0).any():
        return math.nan
    if (found <= 0).any():
        return 0.0
    return math.exp(float(np.log(found / written).mean()))


def _character_runs(text: str, reference: str) -> list[list[int]]:
    """For chrF, by length: runs of characters found, written, and in the reference, white space left out."""
    left, right = "".join(text.split()), "".join(reference.split())
    blocks: list[list[int]] = [[], [], []]
    for length in range(1, _CHARACTERS + 1):
        mine, theirs = (
            Counter(one[start : start + length] for start in range(len(one) - length + 1)) for one in (left, right)
        )
        # A text too short for runs of this length says nothing about them, nor does a reference.
        told = (mine & theirs).total(), mine.total(), theirs.total() if mine else 0
        for block, count in zip(blocks, told, strict=True):
            block.append(count)
    return blocks


def _chrf(counts: npt.NDArray[Any]) -> float:
    """The F-measure (beta 2) of mean precision and mean recall over the lengths that occur on both sides."""
    found, written, wanted = counts
    both = (written > 0) & (wanted > 0)
    if not both.any():
        return math.nan
    precision, recall = float((found[both] / written[both]).mean()), float((found[both] / wanted[both]).mean())
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0
