"""What the operator writes, as frozen pydantic models, and the plan a rotation is run by.

`file` mirrors the runbook file line by line, with every default. `plan` is one slot of it resolved: nothing left out,
nothing left to look up. Nothing here reads a file, a clock or the environment.
"""
