"""One test a fault."""
