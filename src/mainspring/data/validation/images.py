"""Whether images are images, and not too large."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.schema import Feature, ImageDomain
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import SLACK, finding, floor


def check_images(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Too few values of a known format; images of too many bytes."""
    if feature.image is not None:
        yield from _known(feature, feature.image, found)
        yield from _sizes(feature, feature.image, found)


def _known(feature: Feature, wanted: ImageDomain, found: FeatureStatistics) -> Iterator[Anomaly]:
    if wanted.min_supported_fraction is None:
        return
    images = found.images
    if images is None:
        yield finding(
            AnomalyType.STATS_NOT_AVAILABLE,
            feature.name,
            found="the values were not looked at as images",
            expected=f"statistics with images=[{feature.name!r}]",
            edit="leave out min_supported_fraction of image; or take the statistics again",
        )
    elif images.num_values:
        share = 1.0 - images.num_unreadable / images.num_values
        if share < wanted.min_supported_fraction - SLACK:
            yield finding(
                AnomalyType.LOW_SUPPORTED_IMAGE_FRACTION,
                feature.name,
                found=f"{images.num_unreadable:,} of {images.num_values:,} values are no images of a known format",
                expected=f"known images in at least {wanted.min_supported_fraction:.2%} of the values",
                edit=f"image: {{min_supported_fraction: {floor(share)}}}",
                observed=share,
                limit=wanted.min_supported_fraction,
            )


def _sizes(feature: Feature, wanted: ImageDomain, found: FeatureStatistics) -> Iterator[Anomaly]:
    if wanted.max_bytes is None:
        return
    largest = found.images.max_bytes if found.images is not None else found.sizes.max if found.sizes else None
    if largest is None:
        yield finding(
            AnomalyType.STATS_NOT_AVAILABLE,
            feature.name,
            found="the sizes of the values are not known",
            expected=f"statistics with images=[{feature.name!r}]",
            edit="leave out max_bytes of image; or take the statistics again",
        )
    elif largest > wanted.max_bytes:
        yield finding(
            AnomalyType.MAX_IMAGE_BYTE_SIZE_EXCEEDED,
            feature.name,
            found=f"the largest image has {largest:,} bytes",
            expected=f"at most {wanted.max_bytes:,}",
            edit=f"image: {{max_bytes: {largest}}}",
            observed=largest,
            limit=wanted.max_bytes,
        )
