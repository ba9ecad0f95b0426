"""Verbs: the only writers. They never commit; the door that called them does."""
