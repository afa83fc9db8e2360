"""What the operator writes: models with their defaults, loading with every error at its place, schema, and checks."""
