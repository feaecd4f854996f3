"""What if: one row, other values, and the answers before and after.

============== ==================================================================
module         what is in it
============== ==================================================================
``answering``  :func:`what_if` asks the model
``nouns``      :class:`WhatIf`, all that it answered
``page``       the answers as an offline page with sliders
============== ==================================================================
"""

from mainspring.evaluation.explanation.what_if.answering import what_if
from mainspring.evaluation.explanation.what_if.nouns import Alone, Case, WhatIf

__all__ = ["Alone", "Case", "WhatIf", "what_if"]
