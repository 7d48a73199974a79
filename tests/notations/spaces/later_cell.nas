"""The recurrent cell of ENAS, without the recurrence: an activation first, then each node takes an earlier one."""

block unit(kind) on h = h -> linear(8) -> kind
choice first = unit(tanh) as tanh | unit(relu) as relu | unit(identity) as identity | unit(sigmoid) as sigmoid
choice later = unit(tanh) as tanh | unit(relu) as relu | unit(identity) as identity | unit(sigmoid) as sigmoid

cell recurrent(nodes) on x {
  s = [x -> first]
  for i in 1 ..< nodes { s += [one of [t -> later for t in s]] }
  return mean(unused(s))
}

space later_cell(nodes = 12, classes = 10) on x: image[1, 2, 4] {
  return x -> flatten -> recurrent(nodes) -> linear(classes)
}
