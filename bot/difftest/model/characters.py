"""Text of whole characters. JSON may write one beyond the first 65,536 as two halves, and may write one half alone."""


def joined(text: str) -> str:
    """The text with halves that belong together made one character; one that stands alone stays as it is."""
    if is_whole(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def whole(text: str) -> str:
    """The text as anybody can write it down: a half that stands alone becomes U+FFFD, as browsers do."""
    if is_whole(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_whole(text: str) -> bool:
    """Whether no half of a character is in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
