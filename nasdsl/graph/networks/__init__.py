"""How many distinct networks architectures are: isomorphism, under the laws of the operations."""
