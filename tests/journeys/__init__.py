"""Stories, end to end."""
