space s on x: image[8, 6, 6] = product(some of [x, x -> sigmoid])
# expect:
#   error[NAS310] not-searched: `product` of a list of which a part is taken
#     --> picked_product.nas:1:32
#     |
#   1 | space s on x: image[8, 6, 6] = product(some of [x, x -> sigmoid])
#     |                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
