"""Detectors on streams: one algorithm, one file, one class, under the name of its paper."""
