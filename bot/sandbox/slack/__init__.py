"""A second Slack: Web API, Socket Mode, signed HTTP delivery, response URLs, views, files and user groups.

What it refuses and how it answers follows docs.slack.dev; the figures are in `limits`, the texts people see in `words`.
"""
