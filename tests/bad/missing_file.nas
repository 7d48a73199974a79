use "nowhere.nas"
space s on x: image[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS203] unknown-module: there is no file `nowhere.nas` beside `missing_file.nas`
#     --> missing_file.nas:1:1
#     |
#   1 | use "nowhere.nas"
#     | ^^^^^^^^^^^^^^^^^
