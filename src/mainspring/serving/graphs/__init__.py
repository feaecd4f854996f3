"""Graphs of models, transformers, routers and combiners, served as one model."""
