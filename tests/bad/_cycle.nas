use "_cycle_back.nas"
block a on t = t -> bn
