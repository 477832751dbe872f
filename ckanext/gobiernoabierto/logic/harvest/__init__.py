"""Read the entities of another site of ours: what it says, what there is to do, and do it."""
