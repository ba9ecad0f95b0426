"""Sentences of our own that triage is measured on, written apart from the rules and not read while tuning."""
