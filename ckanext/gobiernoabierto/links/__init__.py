"""Dataset <-> entity: what a dataset may name, the mirror of what it names, integrity and counts."""
