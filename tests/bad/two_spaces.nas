space a on x: image[1, 8, 8] = x
space b on x: image[1, 8, 8] = x
# expect:
#   error[NAS207] no-space: `two_spaces.nas` defines several spaces: a, b
#   help: choose one: `two_spaces.nas:a`
