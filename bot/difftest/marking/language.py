"""Which language an answer is in, by py3langid (the extra `language`), among the languages named here. Pure.

Code, addresses and quoted code are left out first. What then has fewer than twelve bytes of letters (twelve Latin
letters, four Chinese characters) is too little to tell, and does not meet the assertion.
"""

import re
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from bot.difftest.marking.untellable import Untellable

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""ISO 639-1 code -> name. `nb` and `nn` are taken as `no`."""

EXTRA: Final = "needs the extra `language`: pip install 'rotate[language]'"
LEAST_BYTES: Final = 12
_ALSO: Final = {"nb": "no", "nn": "no"}
_NO_PROSE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+|<[^<>\n]*>", re.DOTALL)


def language_problem(value: JsonValue) -> str | None:
    """What is wrong with the value of `language`; None when nothing is."""
    code = _code(value)
    if code not in LANGUAGES:
        return f"a language is one of {', '.join(LANGUAGES)} (ISO 639-1, no region)"
    return None if find_spec("py3langid") else EXTRA


def language_misses(value: JsonValue, text: str) -> str | None:
    """Why an answer is not in the language; None when it is. Raises Untellable without the extra."""
    prose = _NO_PROSE.sub(" ", text)
    letters = sum(len(letter.encode("utf-8", "replace")) for letter in prose if letter.isalpha())
    if letters < LEAST_BYTES:
        return "has too little text to tell its language"
    if find_spec("py3langid") is None:
        raise Untellable(EXTRA)
    found, _ = _identifier().classify(prose)
    wanted = _code(value)
    return None if found == wanted else f"is in {LANGUAGES[found]}, not in {LANGUAGES.get(wanted, wanted)}"


def _code(value: JsonValue) -> str:
    return _ALSO.get(value, value) if isinstance(value, str) else ""


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(sorted(LANGUAGES))
    return identifier
