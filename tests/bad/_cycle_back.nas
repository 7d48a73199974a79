use "_cycle.nas"
block b on t = t -> bn
