"""Statistics: what a table holds, feature by feature, small enough to keep and mergeable over parts of the data.

The figures follow TensorFlow Data Validation's ``statistics.proto`` in name and meaning: ``std_dev`` is that of
the population, quantiles cut into ten. Unlike there, histograms are counted, not interpolated.
"""

from mainspring.data.statistics.association import Association, Lift
from mainspring.data.statistics.comoments import CoMoments
from mainspring.data.statistics.composites import CompositeStatistics
from mainspring.data.statistics.contingency import Contingency
from mainspring.data.statistics.crosses import Crosses
from mainspring.data.statistics.features import FeatureStatistics
from mainspring.data.statistics.images import ImageStatistics
from mainspring.data.statistics.levels import ListLevel, Sizes
from mainspring.data.statistics.merging import merge_all
from mainspring.data.statistics.numbers import BINS, Histogram, Numbers, equal_width
from mainspring.data.statistics.recognition import Formats, Recognition, recognitions
from mainspring.data.statistics.slices import NumberRange, SliceRule
from mainspring.data.statistics.table import FORMAT, Sample, Statistics, TableStatistics, check_mergeable
from mainspring.data.statistics.text import TextStatistics, TokenUse
from mainspring.data.statistics.weights import Weighted, WeightedLevel, WeightedNumbers, WeightedWords
from mainspring.data.statistics.words import MISSING_WORDS, MOST_OFFENDERS, Offender, Words

__all__ = [
    "Association",
    "BINS",
    "CoMoments",
    "CompositeStatistics",
    "Contingency",
    "Crosses",
    "FORMAT",
    "FeatureStatistics",
    "Formats",
    "Histogram",
    "ImageStatistics",
    "Lift",
    "ListLevel",
    "MISSING_WORDS",
    "MOST_OFFENDERS",
    "NumberRange",
    "Numbers",
    "Offender",
    "Recognition",
    "Sample",
    "Sizes",
    "SliceRule",
    "Statistics",
    "TableStatistics",
    "TextStatistics",
    "TokenUse",
    "Weighted",
    "WeightedLevel",
    "WeightedNumbers",
    "WeightedWords",
    "Words",
    "check_mergeable",
    "equal_width",
    "merge_all",
    "recognitions",
]
