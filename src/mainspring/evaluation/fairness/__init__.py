"""Fairness: how a model treats groups of people, the gaps between them, and a gate that judges those."""
