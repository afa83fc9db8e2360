"""What stands in place of an answer to "does it hold" when nobody can tell."""


class Untellable(Exception):
    """An assertion that cannot be judged here, and why. It fails, also behind `not-`."""
