"""Looking for the slices where a model is worst, without their being named."""

from mainspring.evaluation.search.found import FoundSlice, SliceSearch
from mainspring.evaluation.search.searching import find_slices
from mainspring.evaluation.search.tree import ErrorTree, Leaf, grow_error_tree

__all__ = ["ErrorTree", "FoundSlice", "Leaf", "SliceSearch", "find_slices", "grow_error_tree"]
