"""Carrying a promptfoo configuration over: the part that needs no code to run, and a list of everything else.

`files` reads what the configuration names, `template` fills in variables, `tests`, `prompts` and `providers` say what
is written, `assertions` finds our counterpart, `convert` makes the suite.
"""
