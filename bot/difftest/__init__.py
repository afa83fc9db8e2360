"""The comparison of two models on one suite: suite -> cases -> samples -> dimensions -> verdict.

`suite` is what an operator wrote, `run` asks both models through the ports of `bot.difftest.ports`, `marking` says of
each answer whether it is what its case expects, `verdict` turns the marks into a `Report`. All but `run` is pure.
"""
