"""Pages, looked at."""
