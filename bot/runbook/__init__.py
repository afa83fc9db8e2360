"""The runbook file: its models, loading with errors that name their place, digest, schema and checks."""
