"""What people do in Slack, and what the app is told of it. One file a kind of act."""
