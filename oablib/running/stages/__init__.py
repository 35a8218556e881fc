"""Stages: what they declare, the key of their result, the cache, and their order."""
