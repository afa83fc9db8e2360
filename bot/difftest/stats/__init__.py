"""The statistics of a comparison: numbers in, numbers out; nothing here knows what a case or a model is."""
