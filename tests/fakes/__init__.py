"""Stand-ins for providers and phones."""
