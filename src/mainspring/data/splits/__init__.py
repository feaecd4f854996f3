"""Splits: which rows a model learns from, and which it is judged by.

A split is a promise: nothing that the model saw is on the other side. Each way of splitting keeps one.

=======================================================  =====================================================
:func:`~mainspring.data.splits.hashing.split_rows`       by a hash of the row, or of the entity it belongs to
:func:`~mainspring.data.splits.chronology.by_time`       by time: what is judged is later than what is learnt
:func:`~mainspring.data.splits.strata.stratified`        by a hash within classes, so that shares of classes hold
:func:`~mainspring.data.splits.given_column.given`              as a column says
:func:`~mainspring.data.splits.checking.check_disjoint`  refuses what is on both sides
:class:`~mainspring.data.splits.rule.SplitRule`          any of these as a plain value, for settings and steps
=======================================================  =====================================================

All of them look at values alone, never at the order of rows or columns or at the layout of files, and all give the
rows of each split with the numbers of the rows in the source.
"""

from mainspring.data.splits.checking import check_disjoint
from mainspring.data.splits.chronology import by_time
from mainspring.data.splits.given_column import given
from mainspring.data.splits.hashing import split_rows
from mainspring.data.splits.row_numbers import RowNumbers
from mainspring.data.splits.rule import SplitRule
from mainspring.data.splits.strata import stratified

__all__ = ["RowNumbers", "SplitRule", "by_time", "check_disjoint", "given", "split_rows", "stratified"]
