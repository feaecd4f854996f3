"""Seldon's protocol (version 1): its messages, its paths, and its words for errors.

Read from the documentation of Seldon Core up to version 1.17:
https://docs.seldon.io/projects/seldon-core/en/v1.17.1/reference/apis/external-prediction.html and
``…/internal-api.html``.
"""

from __future__ import annotations

from mainspring.serving.endpoint.seldon.paths import routes
from mainspring.serving.endpoint.seldon.protocol import Seldon

__all__ = ["Seldon", "routes"]
