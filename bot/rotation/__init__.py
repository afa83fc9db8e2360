"""The core: what a rotation is, what can happen to it, and what must be done about it. Pure.

`model` is the state, `events` what happens, `effects` what is to be done outside, `machine` the one table and function
that lead from one to the next, `policy` the gates, `evidence` what decisions rest on. No I/O, no clock, no randomness,
no logging, and no word of Slack.
"""
