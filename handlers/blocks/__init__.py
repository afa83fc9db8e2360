"""What people see in Slack: pure functions from a note to a message or a view. Nothing here talks to Slack."""
