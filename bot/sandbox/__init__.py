"""A world on loopback: a second Slack, a model provider and a small platform, speaking the real protocols.

Nothing here imports the rest of `bot`: what is imitated comes from documentation, not from what our bot sends.
"""
