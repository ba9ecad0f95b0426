"""What each command of the command line does; `bot/__main__.py` only lists them."""
