"""What a text means and what is answered: one file an intent."""
