"""The tests: folders mirror the source; `examples` has one example of every event, `given` tells a story with them."""
