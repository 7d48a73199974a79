space s on text: tokens[5] {
  share table = embedding(40, 8 | 16)
  return text -> table -> transposed(table)
}
# expect:
#   error[NAS310] not-searched: an embedding of searched width, 8|16, cannot be transposed
#     --> transposed_searched.nas:3:27
#     |
#   3 |   return text -> table -> transposed(table)
#     |                           ^^^^^^^^^^^^^^^^^
#   help: a `linear` of its own gives the scores
