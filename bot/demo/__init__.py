"""Playing: a sandbox and a real `rotate serve`, both as child processes, and people who talk to them.

Drives nothing but the sandbox's control API; what happened inside the bot is read from its ledger's export.
"""
