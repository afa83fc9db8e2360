"""The comparison of two models on one suite: suite -> cases -> samples -> dimensions -> verdict.

`suite` loads what an operator wrote, `run` asks both models through the ports of `bot.difftest.ports`, `verdict` turns
samples into a `Report`. Everything that decides (`assertions`, `tools`, `stats`, `verdict`, `power`) is pure.
"""
