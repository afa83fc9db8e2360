"""Watching a stage: which series, which windows, which arms, and what they say. Pure: query results in, verdict out."""
