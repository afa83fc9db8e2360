"""Places where a model setting lives: what an operator writes of each kind, and the plan that is made from it.

One file a kind, with its `Written` block and its plan; `kinds` puts them together.
"""
