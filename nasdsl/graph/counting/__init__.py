"""Count and uniformly sample architectures, with or without requirements."""
