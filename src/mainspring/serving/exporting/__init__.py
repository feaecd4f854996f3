"""A model and its deployment for other places: a page in a browser, a device, an image, a cluster.

:func:`export_page` and :func:`export_device` write a package that answers without any of Mainspring;
:func:`write_bundle` a deployment with all that it serves, :func:`write_dockerfile` and :func:`write_layout` make
an image of it; :func:`kubernetes` and :func:`inference_service` say how a cluster runs it.
"""

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.exporting.browser import Exported, export_device, export_page
    from mainspring.serving.exporting.bundle import Bundle, write_bundle
    from mainspring.serving.exporting.cluster import inference_service, kubernetes
    from mainspring.serving.exporting.image import write_dockerfile, write_layout

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Bundle": "bundle",
        "Exported": "browser",
        "export_device": "browser",
        "export_page": "browser",
        "inference_service": "cluster",
        "kubernetes": "cluster",
        "write_bundle": "bundle",
        "write_dockerfile": "image",
        "write_layout": "image",
    },
)

__all__ = [
    "Bundle",
    "Exported",
    "export_device",
    "export_page",
    "inference_service",
    "kubernetes",
    "write_bundle",
    "write_dockerfile",
    "write_layout",
]
