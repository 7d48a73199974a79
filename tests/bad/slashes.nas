// a comment
space s on x: image[3, 8, 8] = x -> conv(3, 8) -> relu -> global_avg_pool -> linear(10)
# expect:
#   error[NAS104] foreign-syntax: `//` is integer division, not a comment
#     --> slashes.nas:1:1
#     |
#   1 | // a comment
#     | ^^
#   help: write `# ...`
