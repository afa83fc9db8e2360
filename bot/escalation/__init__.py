"""Telling the group that owns a problem. Pure; it outlives rotations, which only say what the cause is."""
