space s on x: image[3, 32, 32] = x -> conv('3')
# expect:
#   error[NAS104] foreign-syntax: strings use double quotes
#     --> single_quotes.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv('3')
#     |                                            ^
#   help: write `"..."`
