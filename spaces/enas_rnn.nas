"""ENAS (Pham et al.; ICML 2018; arXiv 1802.03268): the recurrent cell, as a language model for Penn Treebank.

The first of twelve units reads the input through one of four activations; every later one takes an earlier unit
and an activation; what no unit takes is averaged.  4 * prod over i = 1..11 of 4 * i = 4 ** 12 * 11! =
669,692,775,628,800 architectures.  As in the authors' code, each pair of predecessor and activation has a matrix of
its own in the search, which also has batch-norm in every unit and after the average; a derived network has neither
the other matrices nor the norms.  The authors also drop inputs and states by one mask a sequence inside the cell;
here only the embedded words and the output are dropped."""

use std.rnn

choice first(norm) =
    read_in(tanh, norm) as tanh | read_in(relu, norm) as relu
  | read_in(identity, norm) as identity | read_in(sigmoid, norm) as sigmoid

block unit(activation, norm) on h = [h -> linear(2 * width(h), bias = false) -> norm, h] -> gated(activation)

choice later(norm) =
    unit(tanh, norm) as tanh | unit(relu, norm) as relu
  | unit(identity, norm) as identity | unit(sigmoid, norm) as sigmoid

cell recurrent(nodes) on x, h {
  share norm = bn if searching else identity
  s = [[x, h] -> first(norm)]
  for i in 1 ..< nodes {
    share norm = bn if searching else identity
    s += [one of [t -> later(norm) for t in s]]
  }
  return mean(unused(s)) -> (bn if searching else identity)
}

space enas_rnn(
  vocabulary = 10000, hidden = 720, nodes = 12, steps = 35, drop_words = 0.25, drop_output = 0.75
) on words: tokens[steps], state: vector[hidden] {
  share table = embedding(vocabulary, hidden)
  y, last = [words -> table -> locked_dropout(drop_words), state] -> scan(recurrent(nodes))
  return logits = y -> locked_dropout(drop_output) -> transposed(table), state = last
}
