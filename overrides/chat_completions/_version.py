"""The version of the distribution: pyproject.toml reads it from here, so that importing costs no metadata look-up."""

__version__ = "0.1.0"
