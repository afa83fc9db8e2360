"""The suite: what an operator writes (`model`), how it is read (`load`, `located`), how it is asked (`wire`).

`kinds` asks the loader which assertions there are, `schema` writes that down for editors, `sight` says what a suite can
see. `promptfoo` and `traces` make suites out of what people have, and `writing` puts them where they belong.
"""
