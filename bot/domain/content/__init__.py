"""What people read and what rules look up, by language: data, never code."""
