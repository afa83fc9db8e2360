"""Word lists written as people write them: separated by spaces. Nothing else may live here."""


def listed(text: str) -> tuple[str, ...]:
    """The words of the text, in order."""
    return tuple(text.split())
