"""Which models there are, how that changes, and what it is a reason to propose. Pure: snapshots in, decisions out."""
