"""A model as judge of rubrics: what it is asked, how its answer is read, and what its judgements come to.

`prompt` writes the question with both answers in it as data (`quoting`), `answer` reads the reply, `calls` says which
questions a pair needs and `course` when, `watch` when its trouble stops the run, `tally` what the replies come to, and
`summary` what a report says of it. All of it is pure but `alone`; else `bot.difftest.run` makes the calls.
"""
