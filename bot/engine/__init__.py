"""The engine: takes what people and clocks bring, asks the pure machines, stores the answer, performs the effects.

`submit` persists before anybody is told it was accepted; `intake` turns commands into events; `commit` writes state,
ledger, outbox and timers in one transaction; `perform` does the effects, `run` keeps it going, `read` answers.
"""
