"""Whether an installation could work, found out without changing anything: small checks, each with what to do."""
