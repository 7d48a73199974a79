space s on x: image[8, 6, 6] {
  require macs <= 1M
  if params > 5 { x = x -> conv(3) }
  return x
}
# expect:
#   error[NAS201] unknown-name: nothing here is named `params`
#     --> finished_in_if.nas:3:6
#     |
#   3 |   if params > 5 { x = x -> conv(3) }
#     |      ^^^^^^
