"""The ops of a transform: frozen operations with their constants, whose meaning is their ``apply`` in NumPy.

A transform is a list of ops in an order in which everything is made before it is read. Each op names the values
it reads (``inputs``: raw columns, or what other ops make) and the one it makes (``output``). All arithmetic is in
float64, in the order written, and row by row: a row alone gives the bits that it gives among others.

Fields beside ``inputs`` and ``output``, and what is missing, unseen or wrong, are in the docstring of each op.

===================  ==================  =====================================================================
op                   from → to           meaning
===================  ==================  =====================================================================
``Fill``             number → number     a constant for NaN
``IsMissing``        number → number     1.0 for NaN
``Scale``            number → number     ``(x - shift) / scale [* factor + offset]``
``KeyedScale``       number, word → n.   ``(x - shift) / scale`` by the row's key
``Clip``             number → number     within bounds
``Within``           number → number     1.0 in ``low <= x < high``
``Log``              number → number     ``log(x + plus)``, NaN where not above 0
``Root``             number → number     square root, NaN below 0
``BoxCox``           number → number     ``(x ** p - 1) / p``
``YeoJohnson``       number → number     the same for both signs
``Interpolate``      number → number     lines through points (normal scores, interpolated buckets)
``Bucketize``        number → number     the bucket's place
``OneOf``            number → columns    1.0 in the column of the place
``Combine``          number, number → n. ``+ - * /``, safe
``Concat``           numbers → columns   side by side
``Project``          columns → columns   ``(x - mean) @ components.T``
``UnitLength``       columns → columns   every row divided by its length
``Cycle``            number → 2 columns  sine and cosine
``FillWord``         word → word         a constant for missing
``IsMissingWord``    word → number       1.0 for missing
``ToWord``           number → word       text of a number
``ToNumber``         word → number       number of a text, NaN if it is none
``Cross``            words → word        joined words
``Lookup``           word → number       place in a vocabulary, buckets for unseen words
``Replace``          word → number       a number per word
``TargetMean``       word → number       smoothed mean of the label, out of fold in training
``Hash``             word → number       ``crc32 % buckets``
``Lower``            word → word         lower case
``Strip``            word → word         no spaces at the ends
``Substitute``       word → word         ``re.sub``
``Matches``          word → number       ``re.fullmatch``
``Length``           word → number       characters
``Tokens``           word → tokens       split at white space, or ``re.findall``
``Characters``       word → tokens       runs of characters
``NGrams``           tokens → tokens     runs of tokens
``StopWords``        tokens → tokens     without some
``TokenCount``       tokens → number     how many
``BagOfWords``       tokens → columns    counts of known tokens
``TfIdf``            tokens → columns    ``count / length * idf``
``HashedCounts``     tokens → columns    counts by ``crc32 % buckets``
``TokenPlaces``      tokens → columns    places of the first tokens, in their order
``Moment``           word → number       seconds since 1970 of an ISO 8601 text
``DatePart``         number → number     year, month, weekday, hour …
``Pixels``           word → columns      raw bytes in hexadecimal digits as numbers from 0 to 255
``Resize``           columns → columns   pictures of another size
``ScaleChannels``    columns → columns   ``(x - shift) / scale`` by channel
===================  ==================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mainspring.data.transforms.ops.bucketize import Bucketize
from mainspring.data.transforms.ops.clip import Clip
from mainspring.data.transforms.ops.combine import Combine
from mainspring.data.transforms.ops.concat import Concat
from mainspring.data.transforms.ops.counting import BagOfWords, HashedCounts, TfIdf, TokenCount
from mainspring.data.transforms.ops.cross import Cross
from mainspring.data.transforms.ops.cycle import Cycle
from mainspring.data.transforms.ops.date_part import DatePart
from mainspring.data.transforms.ops.fill import Fill
from mainspring.data.transforms.ops.fill_word import FillWord
from mainspring.data.transforms.ops.hashing import Hash
from mainspring.data.transforms.ops.interpolate import Interpolate
from mainspring.data.transforms.ops.is_missing import IsMissing
from mainspring.data.transforms.ops.is_missing_word import IsMissingWord
from mainspring.data.transforms.ops.keyed_scale import KeyedScale
from mainspring.data.transforms.ops.logarithm import Log
from mainspring.data.transforms.ops.lookup import Lookup
from mainspring.data.transforms.ops.moment import Moment
from mainspring.data.transforms.ops.one_of import OneOf
from mainspring.data.transforms.ops.op import Kind, Op
from mainspring.data.transforms.ops.pixels import Pixels, Resize, ScaleChannels
from mainspring.data.transforms.ops.power import BoxCox, YeoJohnson
from mainspring.data.transforms.ops.project import Project
from mainspring.data.transforms.ops.replace import Replace
from mainspring.data.transforms.ops.root import Root
from mainspring.data.transforms.ops.scale import Scale
from mainspring.data.transforms.ops.target_mean import TargetMean
from mainspring.data.transforms.ops.text import Length, Lower, Matches, Strip, Substitute
from mainspring.data.transforms.ops.token_places import TokenPlaces
from mainspring.data.transforms.ops.tokens import Characters, NGrams, StopWords, Tokens
from mainspring.data.transforms.ops.unit_length import UnitLength
from mainspring.data.transforms.ops.within import Within
from mainspring.data.transforms.ops.words import ToNumber, ToWord

OPS: Final[Mapping[str, type[Op]]] = {
    op.__name__: op
    for op in (
        BagOfWords,
        BoxCox,
        Bucketize,
        Characters,
        Clip,
        Combine,
        Concat,
        Cross,
        Cycle,
        DatePart,
        Fill,
        FillWord,
        Hash,
        HashedCounts,
        Interpolate,
        IsMissing,
        IsMissingWord,
        KeyedScale,
        Length,
        Log,
        Lookup,
        Lower,
        Matches,
        Moment,
        NGrams,
        OneOf,
        Pixels,
        Project,
        Replace,
        Resize,
        Root,
        Scale,
        ScaleChannels,
        StopWords,
        Strip,
        Substitute,
        TargetMean,
        TfIdf,
        ToNumber,
        ToWord,
        TokenCount,
        TokenPlaces,
        Tokens,
        UnitLength,
        Within,
        YeoJohnson,
    )
}
"""Every op by the name that it has in files."""

__all__ = [
    "BagOfWords",
    "BoxCox",
    "Bucketize",
    "Characters",
    "Clip",
    "Combine",
    "Concat",
    "Cross",
    "Cycle",
    "DatePart",
    "Fill",
    "FillWord",
    "Hash",
    "HashedCounts",
    "Interpolate",
    "IsMissing",
    "IsMissingWord",
    "KeyedScale",
    "Kind",
    "Length",
    "Log",
    "Lookup",
    "Lower",
    "Matches",
    "Moment",
    "NGrams",
    "OPS",
    "OneOf",
    "Op",
    "Pixels",
    "Project",
    "Replace",
    "Resize",
    "Root",
    "Scale",
    "ScaleChannels",
    "StopWords",
    "Strip",
    "Substitute",
    "TargetMean",
    "TfIdf",
    "ToNumber",
    "ToWord",
    "TokenCount",
    "TokenPlaces",
    "Tokens",
    "UnitLength",
    "Within",
    "YeoJohnson",
]
