"""The nouns of a comparison that others may see: chat, samples, the run's identity, the report. No behaviour."""
