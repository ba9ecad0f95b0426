"""How fast it is, each figure beside a plain baseline measured in the same run: `python -m tests.bench`."""
