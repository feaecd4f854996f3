"""What ``mainspring predict`` does: a few rows, files of any size, and streams."""
