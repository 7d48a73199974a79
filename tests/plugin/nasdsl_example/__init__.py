"""A package outside nasdsl that adds a strategy: what CONTRIBUTING describes."""
