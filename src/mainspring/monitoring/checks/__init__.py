"""Checks of a window, one file each."""
