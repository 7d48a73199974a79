"""The version of the package; the language and the file formats have their own."""

__version__ = "0.1.0"
