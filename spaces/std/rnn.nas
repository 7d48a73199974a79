"""Blocks of recurrent cells: every unit mixes its input with a candidate by a learned gate."""

# h + sigmoid(a) * (activation(b) - h), where `ab` holds a and b side by side.
block gated(activation) on ab, h {
  a, b = split(ab, 2)
  return sum([h, product([a -> sigmoid, sum([b -> activation, h -> scale(-1)])])])
}

# The first unit of a cell reads the element of the sequence and the state before it.
block read_in(activation, norm = identity) on x, h =
    [concat([x, h]) -> linear(2 * width(h), bias = false) -> norm, h] -> gated(activation)

# A unit on an earlier one; `gate` makes twice its width.
block highway(gate, activation) on h = [h -> gate, h] -> gated(activation)
