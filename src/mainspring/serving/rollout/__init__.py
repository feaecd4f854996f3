"""Which version of a model answers which request: shadow, canary, blue-green, A/B, bandits."""
