extern se on x: image[C, H, W] -> image[C, H, W] = "import os"
space s on x: image[8, 6, 6] = x -> se
# expect:
#   error[NAS211] extern-target: `import os` names no class
#     --> extern_target.nas:1:52
#     |
#   1 | extern se on x: image[C, H, W] -> image[C, H, W] = "import os"
#     |                                                    ^^^^^^^^^^^
#   help: = "package.module:Class"
