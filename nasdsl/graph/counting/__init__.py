"""How many architectures there are, under requirements too, and uniform draws of them."""
