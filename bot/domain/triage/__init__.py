"""Read a text and say whether a human is needed now."""
