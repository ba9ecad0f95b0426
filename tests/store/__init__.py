"""Both databases."""
