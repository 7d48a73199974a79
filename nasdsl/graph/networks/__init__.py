"""Count distinct networks: isomorphism under the laws of the operations."""
