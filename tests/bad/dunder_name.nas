space s on x: image[3, 32, 32] {
  __import__ = 3
  return x -> conv(3)
}
# expect:
#   error[NAS205] reserved-name: `__import__` cannot be a name: generated code could not use it
#     --> dunder_name.nas:2:3
#     |
#   2 |   __import__ = 3
#     |   ^^^^^^^^^^
#   help: for instance `import_`
