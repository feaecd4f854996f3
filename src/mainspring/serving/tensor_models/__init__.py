"""Models that take and give tensors of any shape, and the reading of tensors."""
