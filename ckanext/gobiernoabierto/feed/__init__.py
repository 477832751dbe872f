"""The log of published fragments: what was published, changed and taken back, in the order of commits."""
