"""The simulated phones of the demo: their stage, its travelling clock, and what the page shows."""
