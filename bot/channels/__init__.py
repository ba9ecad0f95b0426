"""Ways out: one file a provider, all behind one protocol."""
