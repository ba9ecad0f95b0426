"""Pages that staff see, as templates."""
