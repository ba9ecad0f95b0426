"""Distress triage."""
