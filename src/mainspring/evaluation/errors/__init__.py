"""Error analysis: what the mistakes of a model have in common, and what is worth mending first."""

from mainspring.evaluation.errors.analysis import ErrorAnalysis, Mistake, TagRow
from mainspring.evaluation.errors.analyzing import analyze_errors
from mainspring.evaluation.errors.tagging import errors_to_tag, read_tags, write_to_tag
from mainspring.evaluation.errors.tags import Tags, tags_of

__all__ = [
    "ErrorAnalysis",
    "Mistake",
    "TagRow",
    "Tags",
    "analyze_errors",
    "errors_to_tag",
    "read_tags",
    "tags_of",
    "write_to_tag",
]
