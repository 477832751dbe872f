"""The linked entities: one module for each, and the machinery that all of them share."""
