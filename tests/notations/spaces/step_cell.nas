"""The recurrent cell of DARTS, without the recurrence: each node takes one earlier node through an activation."""

block none on h = h -> zero
block step_(kind) on h = h -> linear(8) -> kind
choice step = ~none | step_(tanh) as tanh | step_(relu) as relu | step_(sigmoid) as sigmoid | step_(identity) as identity

cell recurrent(nodes) on x {
  s = [x]
  for i in 1 .. nodes { s += [one of [t -> step for t in s]] }
  return mean(s[1:])
}

space step_cell(nodes = 8, classes = 10) on x: image[1, 2, 4] {
  return x -> flatten -> recurrent(nodes) -> linear(classes)
}
