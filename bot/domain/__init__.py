"""Pure rules: no I/O, no provider, no clock."""
