"""The registry: numbered versions of packages, aliases with their whole history, and the way back.

It stands on the ports of the store alone, and every change is one transaction of the record.
"""

from mainspring.models.registry.decisions import AliasMove, Blessing
from mainspring.models.registry.model_version import ModelVersion
from mainspring.models.registry.registry import PRODUCTION, Registry

__all__ = ["AliasMove", "Blessing", "ModelVersion", "PRODUCTION", "Registry"]
