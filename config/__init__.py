import gc

# To look for garbage at every 700 new objects, as Python does by itself, finds none while modules are loaded: it took
# a tenth of each start.
gc.set_threshold(50_000, 20, 20)
