def f(x):
  return x
# expect:
#   error[NAS104] foreign-syntax: `def` is not part of the language
#     --> python_def.nas:1:1
#     |
#   1 | def f(x):
#     | ^^^
#   help: write `block name(parameters) on x { ... }`
