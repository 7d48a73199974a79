block b on t = t -> bn
# expect:
#   error[NAS207] no-space: `no_space.nas` defines no space
#   help: a space begins `space name(...) on x: image[3, 32, 32]`
