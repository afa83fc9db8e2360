"""What the name of a field says about its value: a secret, an id, or nothing. Pure."""

import re
from typing import Final

_SECRET: Final = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|pwd|passphrase|passcode|authorization|credential|connection[_ -]?string"
    r"|(?:api|access|account|private|signing|encryption|licen[cs]e|master|shared|auth|service|subscription)[_ -]?key"
    r"|passwort|kennwort|mot[_ -]?de[_ -]?passe|contrase[ñn]a|senha|palavra[_ -]?passe|parola[_ -]?chiave|wachtwoord"
    r"|has[łl]o|l[öo]senord|adgangskode|passord|salasana|heslo|jelsz[óo]|parol[ăa]|[şs]ifre|пароль"
    r"|密码|パスワード|비밀번호)s?$"
)
_MAYBE: Final = re.compile(
    r"(?:^|[_ .-]|(?<=[a-z])(?=[A-Z]))(?i:key|signature|sig|session(?:[_ -]?id)?|sid|cookie|auth|jwt|bearer"
    r"|clave|chave|chiave|sleutel|schl(?:ü|ue)ssel|klucz)$"
)
_PIN: Final = re.compile(r"(?i)(?:^|[_ -])(?:pin|otp|cvv2?|cvc2?|security[_ -]?code|verification[_ -]?code)$")
_ID: Final = re.compile(
    r"(?:(?:^|[_ .-])(?i:ids?|uuid|guid|hash|digest|sha\d*|md5|checksum|etag|integrity|fingerprint|commit|rev(?:ision)?"
    r"|cursor|ref|slug)|(?<=[a-z])(?:Id|ID|Ids|Uuid|UUID|Hash|Digest|Cursor|Ref|Sha))$"
)
_BETWEEN: Final = re.compile(r"[-_/+.:,;=&?]+")
_WORD: Final = re.compile(r"[^\W\d_]?[^\W\d_A-Z]*\d{0,4}|[A-Z]+\d{0,4}|v?\d+")
_PIN_DIGITS: Final = range(3, 9)
LONG_KEY: Final = 12


def names_secret(key: str, value: str) -> bool:
    """Whether the value of a field of that name is a secret; how many tokens there are is none."""
    text = value.strip()
    if _SECRET.search(key):
        return bool(text) and not (key.lower().endswith("tokens") and text.isdigit())
    if _PIN.search(key):
        return text.isdecimal() and len(text) in _PIN_DIGITS
    return _MAYBE.search(key) is not None and like_key(text, LONG_KEY)


def says_id(key: str) -> bool:
    """Whether a field of that name holds an id or a checksum, which looks drawn and is no secret."""
    return _ID.search(key) is not None


def like_key(value: str, shortest: int) -> bool:
    """Whether a value looks like a key: long, of digits and letters, and not made of words and numbers only."""
    if len(value) < shortest or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    return any(len(piece) >= shortest // 2 and not _WORD.fullmatch(piece) for piece in _BETWEEN.split(value))
