"""Slices of statistics."""
