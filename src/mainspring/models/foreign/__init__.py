"""Models made elsewhere: ONNX files, scikit-learn pickles, Python classes, hub repositories, MLflow folders.

:func:`load` turns one into a :class:`mainspring.models.Package`, which is served, registered and compared like any
other. What runs code of its own is read only if the caller says ``trust=True``.
"""

from mainspring.models.foreign.loading import guess_kind, load
from mainspring.models.foreign.request import Described, Request
from mainspring.models.foreign.trust import TRUST_VARIABLE, UntrustedError

__all__ = ["Described", "Request", "TRUST_VARIABLE", "UntrustedError", "guess_kind", "load"]
