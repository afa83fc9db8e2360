"""Performing effects: one function from a task to what it led to. Everything here may be done again after a crash.

A function answers with an event for the rotation, with a commit of its own, or with nothing when being done is all.
Failures leave as `OutsideError`: `run` decides whether to try again or to give up with `given_up`.
"""
