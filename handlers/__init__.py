"""Slack's side of the bot: listeners of a few lines, and the blocks people see. No decision is taken here."""
