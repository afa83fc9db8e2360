"""Numbers drawn as pictures: SVG, PNG and the same in words. Knows nothing of models, rotations or Slack."""
