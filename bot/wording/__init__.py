"""Every text people read, in one place: pure functions from notes and facts to `Text`. No word of Slack's API."""
