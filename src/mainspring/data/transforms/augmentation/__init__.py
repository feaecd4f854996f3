"""Further rows to learn from, made of those that are there; never rows to be judged by."""

from __future__ import annotations

from mainspring.data.transforms.augmentation.augmenting import METHODS, augment
from mainspring.data.transforms.augmentation.images import augment_images

__all__ = [
    "METHODS",
    "augment",
    "augment_images",
]
