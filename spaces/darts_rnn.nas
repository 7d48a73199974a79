"""DARTS (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055): the recurrent cell, as a language model for Penn Treebank.

A unit reads the input; each of eight more takes one predecessor through one of four activations, and all eight
are averaged.  prod over i = 1..8 of 4 * i = 4 ** 8 * 8! = 2,642,411,520 architectures.  As in the paper, `none` is
an alternative of the relaxation only, a node has one matrix whatever its predecessor, and batch-norm stands in the
search alone.  The authors also drop inputs and states by one mask a sequence inside the cell; here only the
embedded words and the output are dropped."""

use std.rnn

# h + c * (activation(b) - h) in two parts, of which the first is made once for all activations.
block opened(gate) on h {
  a, b = split(h -> gate, 2)
  c = a -> sigmoid
  return sum([h, product([c, h]) -> scale(-1)]), c, b
}

block unit(activation) on kept, c, b = sum([kept, product([c, b -> activation])])
block none on kept, c, b = kept -> zero

choice step =
    ~none | unit(tanh) as tanh | unit(relu) as relu | unit(sigmoid) as sigmoid | unit(identity) as identity

cell recurrent(nodes) on x, h {
  share norm = bn(affine = false) if searching else identity
  s = [[x, h] -> read_in(tanh) -> norm]
  for i in 1 .. nodes {
    share gate = linear(2 * width(h), bias = false)
    s += [one of [t -> opened(gate) -> step for t in s] -> norm]
  }
  return mean(s[1:])
}

space darts_rnn(
  vocabulary = 10000, hidden = 300, nodes = 8, steps = 35, drop_words = 0.2, drop_output = 0.75
) on words: tokens[steps], state: vector[hidden] {
  share table = embedding(vocabulary, hidden)
  y, last = [words -> table -> locked_dropout(drop_words), state] -> scan(recurrent(nodes))
  return logits = y -> locked_dropout(drop_output) -> transposed(table) -> bias, state = last
}
