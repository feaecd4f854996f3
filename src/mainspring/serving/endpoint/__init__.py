"""The prediction server: Open Inference Protocol v2 and KServe v1 over HTTP, health and metrics.

Imported only where a server runs: it needs an ASGI toolkit.
"""

from mainspring.serving.endpoint.app import MAX_BODY, Endpoint

__all__ = ["Endpoint", "MAX_BODY"]
