"""A classifier of texts over tokens, after Kim (EMNLP 2014; arXiv 1408.5882): embedding, convolutions, pooling.

The width of the words is one of 3 values, tied to all that reads them; 1 to `most` blocks of one kernel of 3 each;
one of 2 ways to pool; 3 widths of the hidden layer: 3 * (3 + 3 ** 2 + 3 ** 3 + 3 ** 4) * 2 * 3 = 2,160.
Kim's network has one layer of three kernels side by side; the alternatives are not from a paper."""

choice step = conv1d(3) | conv1d(5) | conv1d(7)

block residual on x = sum([x, x -> layer_norm -> step -> gelu])

space text_classifier(
  vocabulary = 20000, length = 128, channels = 128, most = 4, classes = 2, drop = 0.1
) on words: tokens[length] {
  words_width = 64 | 128 | 256
  depth = one of (1 .. most)
  x = words -> embedding(vocabulary, words_width) -> linear(channels) -> positions
  for i in 0 ..< depth { x = x -> residual }
  pool = mean_pool as mean | max_over as max
  hidden = 64 | 128 | 256
  return x -> layer_norm -> pool -> linear(hidden) -> gelu -> dropout(drop) -> linear(classes)
}
