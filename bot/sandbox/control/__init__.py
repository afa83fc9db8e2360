"""The control API of docs/sandbox.md: what tests, the player and the page do and see."""
