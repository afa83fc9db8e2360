"""Secrets that somebody says are some: `my password is …`, `Passwort: …`, `clé API …`, `PIN = …`. Pure.

What is said to be a password is taken for one after a sign (`:`, `=`) or in quotation marks, and after words (`is`,
`ist`, `est`) or none where it is no plain word: `my password is expired` tells nothing. Of keys and tokens much is said
that names none (`the key point`, `100 tokens a second`), so what follows has to look like one.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.difftest.suite.traces.fields import LONG_KEY, like_key

_PASSWORDS: Final = (
    r"pass[ -]?(?:words?|phrases?|codes?)|passwd|pwd",
    r"passw(?:ö|oe|o)rt|kennwort|zugangscode",  # German
    r"mots? de passe",  # French
    r"contrase[ñn]as?|clave (?:secreta|de acceso)",  # Spanish
    r"senhas?|palavras?[ -]passe",  # Portuguese
    r"parola d[’']ordine|parola chiave",  # Italian, which also says password
    r"wachtwoord(?:en)?",  # Dutch
    r"has[łl]o",  # Polish
    r"l[öo]senord|adgangskode|kodeord|passord|salasana",  # Swedish, Danish, Norwegian, Finnish
    r"heslo|jelsz[óo]|parol[ăa]|[şs]ifre(?:m|si)?",  # Czech and Slovak, Hungarian, Romanian, Turkish
    "парол[ьяюе]м?|κωδικ[όο]ς(?: πρόσβασης)?|סיסמה",  # Russian and Ukrainian, Greek, Hebrew
    "كلمة (?:ال)?(?:مرور|سر)",  # Arabic
    "パスワード|暗証番号|密码|密碼|口令|비밀번호|암호|पासवर्ड",  # Japanese, Chinese, Korean, Hindi
)
_KEYS: Final = (
    r"(?:api|access|secret|private|account|signing|encryption|licen[cs]e|service|auth|master|shared)[ _-]?keys?",
    r"(?:client|webhook|app|shared)[ _-]?secrets?|tokens?|credentials?",
    r"(?:api|zugangs|zugriffs|geheim)[ -]?schlüssel|zugangsdaten",
    r"cl[ée]s? (?:d[’'] ?)?api|clés? (?:secrète|privée|d[’']accès)|jetons?",
    r"claves? (?:de )?(?:la )?api|chaves? (?:de |da )?api|chiav[ei] api|klucz api|api[ -]?sleutel|gettone",
    "токен[\u0430-\u044f]{0,2}|api[ -]ключ|トークン|apiキー|令牌|密钥|密鑰|秘钥|토큰|api 키",
)
_WEAK: Final = (
    r"keys?|secrets?|signatures?|session(?:[ _-]?id)?s?|cookies?",
    r"schlüssel|geheimnis|signatur|clés?|claves?|llaves?|secretos?|chaves?|segredos?|chiav[ei]|segreto",
    "sleutels?|geheim|klucz(?:em|a)?|sekret|ключ[\u0430-\u044f]{0,2}|секрет[\u0430-\u044f]{0,2}",
    "nyckel|klí[cč]|anahtar|キー|鍵|키",
)
_LABELS: Final = re.compile(
    "|".join(
        f"(?P<{name}>{'|'.join(words)})" for name, words in (("password", _PASSWORDS), ("key", _KEYS), ("weak", _WEAK))
    )
)
STEMS: Final = (
    *(
        "pass",
        "pwd",
        "kennwort",
        "zugang",
        "contrase",
        "clave",
        "senha",
        "palavra",
        "parol",
        "wachtwoord",
        "hasł",
        "haslo",
    ),
    *("senord", "adgangskode", "kodeord", "salasana", "heslo", "jelsz", "ifre", "парол", "κωδικ", "סיסמה", "كلمة"),
    *(
        "パスワード",
        "暗証番号",
        "密",
        "口令",
        "비밀번호",
        "암호",
        "पासवर्ड",
        "key",
        "secret",
        "token",
        "credential",
        "api",
    ),
    *(
        "schlüssel",
        "clé",
        "jeton",
        "chave",
        "chiav",
        "klucz",
        "sleutel",
        "gettone",
        "токен",
        "ключ",
        "секрет",
        "トークン",
    ),
    *(
        "キー",
        "令牌",
        "秘钥",
        "토큰",
        "키",
        "鍵",
        "signatur",
        "session",
        "cookie",
        "geheim",
        "llave",
        "segre",
        "sekret",
    ),
    *("nyckel", "klí", "anahtar"),
)
"""Each label has one of these in it: a text without any is done with at once."""
_PIN: Final = re.compile(
    r"(?i)(?<!\w)((?:pin(?:[ -]?codes?)?|otp|cvv2?|cvc2?|(?:security|verification|one[- ]time) code|sicherheitscode)"
    r"(?:\s{0,3}[:=]\s{0,3}|\s(?:is|ist|est|es|è|é|jest)\s)[\"'`*]{0,3})(\d{3,8})(?!\w)"
)
_COMPOUNDS: Final = re.compile(r"(?:passw|kennwort|schlüssel|code|wachtwoord|sleutel|lösenord)")
"""Labels that languages with compounds write behind another word, `WLANPasswort`."""
_BESIDE: Final = re.compile(r"[\"'`*_)\]]{0,3}")
_ABOUT: Final = (
    r"(?:\s(?:for|to|of|on|für|vom|zum|zu|pour|para|del?|du|da|do|per|voor|van|na|för|för|для|от)"
    r"\s[^\n.!?:=\"'`]{1,40}?)?"
)
_SIGN: Final = "\\s{0,3}(?:[:=\uff1a]|=>|->|→){1,2}"
_VERB: Final = (
    r"(?:\s{1,3}(?:is|was|are|ist|war|lautet|est|était|es|era|è|é|foi|jest|to|är|er|on|je|это|είναι)(?=[\s:=])"
    r"|\s{0,3}(?:は|が|是|为|為|는|은|이))(?:\s{0,3}[:=])?"
)
_CJK: Final = "\u3000-\u9fff\uac00-\ud7af\uff01-\uff60"
_VALUE: Final = (
    r"\s{0,3}[*_]{0,3}\s{0,3}(?:"
    r"\"(?P<a>[^\"\n]{1,200})\"|'(?P<b>[^'\n]{1,200})'|`(?P<c>[^`\n]{1,200})`|“(?P<d>[^”\n]{1,200})”"
    r"|„(?P<e>[^“”\n]{1,200})[“”]|«\s?(?P<f>[^»\n]{1,200}?)\s?»|「(?P<g>[^」\n]{1,200})」"
    rf"|(?P<bare>[^\s{_CJK}]{{1,500}}))"
)
_SIGNED: Final = re.compile(rf"{_ABOUT}(?:(?P<sign>{_SIGN})|(?P<verb>{_VERB})){_VALUE}", re.IGNORECASE)
_BARE: Final = re.compile(rf"\s{_VALUE}", re.IGNORECASE)
_SANDWICH: Final = re.compile(r"[^\W\d_][\d$@!#%&*+]+[^\W\d_]")
_MIXED: Final = re.compile(r"[^\W\d_][^\w\s’'.,-]+\S|[a-z][A-Z]")
_CODE: Final = re.compile(r"[<{(\[$%]|[A-Za-z_][\w.]*\(|[a-z_]\w*\.[a-z_][\w.]*[^\w.]*$|[^\s]*://")
_BRACKETS: Final = re.compile(r"[][(){}<>;]")
"""What is no value but stands for one: `<string>`, `${PASSWORD}`, `self.password`, `input()`; or an address."""
_ENDS: Final = ",;.)}]>\"'!?*"
_SHORTEST, _SHORT_KEY, _LONG_WORD = 4, 8, 16


def replace_spoken(text: str, by: Callable[[str], str]) -> str:
    """The text with every value that is said to be a secret put through `by`, without its quotation marks."""
    lower = text.lower()
    if "pin" in lower or "otp" in lower or "cv" in lower or "code" in lower:
        text = _PIN.sub(lambda found: f"{found[1]}{by(found[2])}", text)
        lower = text.lower()
    if not any(stem in lower for stem in STEMS):
        return text
    if len(lower) != len(text):  # a few letters have no small form of one sign
        lower = "".join(small if len(small := sign.lower()) == 1 else sign for sign in text)
    made, done = "", 0
    for label in _LABELS.finditer(lower):
        if label.start() < done or not _stands_alone(lower, label):
            continue
        after = _BESIDE.match(text, label.end())
        span = _said(str(label.lastgroup), text, after.end() if after else label.end())
        if span is not None:
            made += text[done : span[0]] + by(text[span[0] : span[1]])
            done = span[1]
    return made + text[done:]


def _stands_alone(lower: str, label: re.Match[str]) -> bool:
    before, after = lower[label.start() - 1 : label.start()], lower[label.end() : label.end() + 1]
    ended = not after.isalnum() or not after.isascii() or not label[0].isascii()
    return ended and (not before.isalnum() or not label[0].isascii() or _COMPOUNDS.match(label[0]) is not None)


def _said(kind: str, text: str, at: int) -> tuple[int, int] | None:
    """Where the value stands that a label of this kind is followed by; None where it is followed by none."""
    found = _SIGNED.match(text, at) or _BARE.match(text, at)
    if found is None:
        return None
    name = next(name for name in ("a", "b", "c", "d", "e", "f", "g", "bare") if found[name] is not None)
    signed = "sign" in found.re.groupindex and found["sign"] is not None
    linked = signed or found.re is _SIGNED
    return found.span(name) if _is_one(kind, found[name], signed=signed, linked=linked, bare=name == "bare") else None


def _is_one(kind: str, value: str, *, signed: bool, linked: bool, bare: bool) -> bool:
    core = value.strip(_ENDS)
    if bare and (_CODE.match(value) or (kind != "password" and _BRACKETS.search(core))):
        return False
    match kind:
        case "password" if signed or (linked and not bare):
            return any(sign.isalnum() for sign in core)
        case "password" if linked:
            return len(core) >= _SHORTEST and (core.isdecimal() or _peculiar(core))
        case "password":
            return len(core) > _SHORTEST and _SANDWICH.search(core) is not None
        case "key" if signed:
            return like_key(core, _SHORT_KEY) or (len(core) >= _SHORTEST and core.isalnum() and _peculiar(core))
        case "key":
            return like_key(core, _SHORT_KEY)
        case _:
            return like_key(core, LONG_KEY if linked else _LONG_WORD)


def _peculiar(value: str) -> bool:
    """Whether a value is no plain word: it has a digit, a sign or a capital where words have none."""
    digits = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    return digits or _MIXED.search(value) is not None
