"""The main job from end to end against a shop of our own: `./run demo`. Plain Python, and a client like any other."""
