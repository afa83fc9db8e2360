"""Effects that tell people something. Posts remember where they stand, so that later ones edit, not repeat."""
