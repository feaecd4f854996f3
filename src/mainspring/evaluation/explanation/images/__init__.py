"""Explanations of images: which regions an answer rests on, for any model that can be asked."""

from mainspring.evaluation.explanation.images.attributing import occlusion, region_attributions
from mainspring.evaluation.explanation.images.maps import RegionAttributions, pixel_map
from mainspring.evaluation.explanation.images.regions import grid_regions, similar_regions

__all__ = [
    "RegionAttributions",
    "grid_regions",
    "occlusion",
    "pixel_map",
    "region_attributions",
    "similar_regions",
]
