"""Secrets of every kind are taken out of recorded traffic; what only looks a little like one stays to be read."""

import json
import random
import string
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from bot.difftest.suite.traces.exchange import Exchange, RecordedCall
from bot.difftest.suite.traces.fields import names_secret, says_id
from bot.difftest.suite.traces.identity import replace_identities
from bot.difftest.suite.traces.keys import looks_drawn, replace_keys
from bot.difftest.suite.traces.personal import Masking
from bot.difftest.suite.traces.places import replace_placed
from bot.difftest.suite.traces.spoken import STEMS, replace_spoken
from bot.difftest.suite.traces.suite import Wanted, draw
from tests.secrets_made import B62, HEX, MADE, Part, made

AWS_SECRET: Final = made([13, "/", 7, "/", 18])
SLACK: Final = "hooks.sl" + "ack.com"


def drawn(length: int, seed: int = 0, alphabet: str = B62) -> str:
    return "".join(random.Random(f"{length}{seed}").choices(alphabet, k=length))


def everything(exchange: Exchange) -> str:
    masked = Masking().exchange(exchange)
    return json.dumps([masked.messages, masked.answer, [call.arguments for call in masked.calls], masked.tools])


@pytest.mark.parametrize(("maker", "parts"), MADE, ids=[maker for maker, _ in MADE])
def test_the_tokens_of_every_maker_are_taken_out_wherever_they_stand(maker: str, parts: list[Part]) -> None:
    token = made(parts)
    call: dict[str, Any] = {
        "id": "call_1",
        "function": {"name": "f", "arguments": json.dumps({"note": f"use {token}."})},
    }
    exchange = Exchange(
        messages=[
            {"role": "system", "content": f"Key of {maker}: {token}"},
            {"role": "user", "content": f"I have ({token}), is it fine?", "tool_calls": [call]},
            {"role": "tool", "content": json.dumps({"rows": [{"x": token}]}), "tool_call_id": "call_1"},
        ],
        answer=f"Never show {token}!",
        calls=(RecordedCall("f", json.dumps({"x": [token]})),),
    )
    assert token not in everything(exchange)
    assert everything(exchange).count("[SECRET_1]") == 6  # the same placeholder everywhere


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"post to https://{SLACK}/services/T0001/B0001/{drawn(24)} please", drawn(24)),
        (f"https://{SLACK}/workflows/T0001/A0001/123456/{drawn(24)}", drawn(24)),
        (f"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={drawn(86)}==;EndpointSuffix=x", drawn(86)),
        (f"Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={drawn(43)}=", drawn(43)),
        (f"aws says {AWS_SECRET} for it", AWS_SECRET),
        (
            f"https://b.s3.amazonaws.com/x.pdf?X-Amz-Date=1&X-Amz-Signature={drawn(64, alphabet=HEX)}&y=1",
            drawn(64, alphabet=HEX),
        ),
        (f"https://x.blob.core.windows.net/a?sv=2024-01-01&sig={drawn(43)}%3D&se=2026", drawn(43)),
        (f"https://storage.googleapis.com/x?X-Goog-Signature={drawn(80, alphabet=HEX)}", drawn(80, alphabet=HEX)),
        (f"https://x.example/cb?code={drawn(20)}&state=1", drawn(20)),
        (f"sessionid={drawn(32, alphabet=HEX)}", drawn(32, alphabet=HEX)),
        (f"JSESSIONID={drawn(32, alphabet=HEX)}; path=/", drawn(32, alphabet=HEX)),
        (f"Cookie: theme=dark; sid={drawn(30)}; lang=de", drawn(30)),
        (f"Set-Cookie: connect.sid={drawn(30)}; Path=/; HttpOnly", drawn(30)),
        (f"MISTRAL_KEY={drawn(32)}", drawn(32)),
        ("export DB_PASS=hunter2", "hunter2"),
        ("postgres://app:hunter22@db.example/x", "hunter22"),
        (f'curl -H "X-Api-Key: {drawn(16)}" x', drawn(16)),
    ],
    ids=lambda text: text[:30],
)
def test_secrets_are_found_by_where_they_stand(text: str, secret: str) -> None:
    masked = Masking().text(text)
    assert secret not in masked
    assert "[SECRET_" in masked
    assert Masking().text(masked) == masked


SPOKEN: Final = [
    ("my password is Tr0ub4dor&3", "Tr0ub4dor&3"),
    ("the api key 9f86d081884c7d659a2feaa0c55ad015 works", "9f86d081884c7d659a2feaa0c55ad015"),
    ("my api key is 9f86d081884c7d65.", "9f86d081884c7d65"),
    (f"MISTRAL key: {drawn(32)}", drawn(32)),
    ("Cloudflare token v1.0-0123456789abcdef01234567", "v1.0-0123456789abcdef01234567"),
    (f"the secret access key is {AWS_SECRET}", AWS_SECRET),
    ("Password for the wifi is Tr0ub4dor&3", "Tr0ub4dor&3"),
    ("**Password:** `hunter2`", "hunter2"),
    ("the passphrase: “correct horse battery staple”", "correct horse battery staple"),
    ("the password is 'open sesame'", "open sesame"),
    ("login with passwd hunt3r!x", "hunt3r!x"),
    (f"session id {drawn(32, alphabet=HEX)}", drawn(32, alphabet=HEX)),
    (f"Signature: {drawn(40, alphabet=HEX)}", drawn(40, alphabet=HEX)),
    ("my PIN is 4711", "4711"),
    ("CVV: 123", "123"),
    # German, French, Spanish, Portuguese, Italian, Dutch, Polish
    ("Passwort: geheim", "geheim"),
    ("Das WLAN-Passwort lautet Hund7Katze!", "Hund7Katze!"),
    ("Mein Kennwort ist „alter Schwede“.", "alter Schwede"),
    ("API-Schlüssel: 9f86d081884c7d65", "9f86d081884c7d65"),
    ("mot de passe : soleil", "soleil"),
    ("le mot de passe est S0leil!", "S0leil!"),
    ("la clé API est 9f86d081884c7d65", "9f86d081884c7d65"),
    ("le mot de passe est « pomme verte »", "pomme verte"),
    ("contraseña: gato", "gato"),
    ("mi contraseña es G4to#negro", "G4to#negro"),
    ("la clave de API 9f86d081884c7d65", "9f86d081884c7d65"),
    ("senha: gato", "gato"),
    ("minha senha é C4sa_Azul", "C4sa_Azul"),
    ("chave de API: 9f86d081884c7d65", "9f86d081884c7d65"),
    ("la password è G4tto!", "G4tto!"),
    ("parola d'ordine: sole", "sole"),
    ("wachtwoord: fiets", "fiets"),
    ("mijn wachtwoord is F1ets!", "F1ets!"),
    ("API-sleutel: 9f86d081884c7d65", "9f86d081884c7d65"),
    ("hasło: kot", "kot"),
    ("moje hasło to K0t&pies", "K0t&pies"),
    ("klucz API: 9f86d081884c7d65", "9f86d081884c7d65"),
    # and more
    ("lösenord: katt", "katt"),
    ("adgangskode: kat", "kat"),
    ("salasana: kissa", "kissa"),
    ("heslo: kocka", "kocka"),
    ("jelszó: macska", "macska"),
    ("şifre: kedi12", "kedi12"),
    ("пароль: кот", "кот"),
    ("токен 9f86d081884c7d65", "9f86d081884c7d65"),
    ("κωδικός πρόσβασης: gata", "gata"),
    ("סיסמה: hatul7", "hatul7"),
    ("كلمة المرور: qitta7", "qitta7"),
    ("パスワードはTr0ub4dor&3です。", "Tr0ub4dor&3"),
    ("密码\uff1aAbc12345", "Abc12345"),
    ("비밀번호: qwer1234", "qwer1234"),
]


@pytest.mark.parametrize(("text", "secret"), SPOKEN, ids=[text for text, _ in SPOKEN])
def test_what_is_said_to_be_a_secret_is_taken_out(text: str, secret: str) -> None:
    masked = Masking().text(text)
    assert secret not in masked
    assert masked.count("[SECRET_") == 1
    assert Masking().text(masked) == masked
    assert any(stem in text.lower() for stem in STEMS) or "pin" in text.lower() or "cvv" in text.lower()


H32, H64 = "9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NEARBY: Final = [
    (f"here is our API key for staging, as agreed: {H32}", H32),
    (f"{H64} is my token, please check why it fails", H64),
    (f"I rotated the secret yesterday and {H32.upper()} still works", H32.upper()),
    (f"Der Schlüssel von gestern war {H32}", H32),
    ("my password is swordfish", "swordfish"),
    ("Hi, my old wifi password is Swordfish, can you log in?", "Swordfish"),
    ("Mein Passwort ist Schwertfisch.", "Schwertfisch"),
    ("our password was swordfish and it still is", "swordfish"),
    ("mi contraseña es mariposa", "mariposa"),
    ("mon mot de passe est papillon !", "papillon"),
]


@pytest.mark.parametrize(("text", "secret"), NEARBY, ids=[text[:40] for text, _ in NEARBY])
def test_what_only_the_words_around_it_tell_is_taken_out(text: str, secret: str) -> None:
    masked = Masking().text(text)
    assert secret not in masked
    assert masked.count("[SECRET_") == 1
    assert Masking().text(masked) == masked


ORDINARY: Final = [
    *(f"my password is {state}" for state in ("missing", "required", "not working", "wrong, what now?", "too short")),
    "Mein Passwort ist abgelaufen, mon mot de passe est oublié, mi contraseña es incorrecta",
    "my password is required to log in, is my password safe? Our password is weak and short",
    f"the token endpoint answers with the digest {H64}",
    f"the key of the cache; commit {H32} broke it. See the token docs",
    f"cache key {H32[:8]} and trace id {H32} of the secret store",
    f"primary key {H32.replace('9', 'a')[:8]}; file md5 {H32}, key signing comes later",
    "the key is 00000000000000000000000000000000 and the token abababababababababababababababab",
    "my password is expired",
    "the password is too short, and your password was wrong",
    "Password reset, and how the key fits",
    "the key point is 42, key takeaways are 3 things",
    "100 tokens a second; a token is about 4 characters",
    "session 3 starts at 10:00 on 2024-01-02",
    "a cookie recipe with 350g flour",
    "mot de passe oublié, contraseña incorrecta, senha errada",
    "Das Passwort ist abgelaufen. Der Schlüssel liegt unter der Matte.",
    "le mot de passe est trop court, la clé du succès est simple",
    "La clave del éxito, a chave do carro, la chiave di casa, de sleutel van 2024",
    "Sort by: created_at, then key ctrl+alt+F12",
    "sign in with your access key, the API key is missing",
    "keyboard 1234abcd1234, monkey abc123def456ghi",
    "a token-based flow v2.0, the token limit is 128k",
    "パスワードが間違っています。もう一度入力してください。",
    "密码是什么意思\uff1f 비밀번호를 잊었어요.",
    "Пароль слишком короткий. Ключ к успеху прост.",
    "pinned 1234 items; a pin on the map at 52.1, 13.4",
    "the session of 2024-01-02T10:00:00Z has 123456 events",
    # ids, hashes, addresses, code
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b, sha256 9530dfe00b4816674138148899fe55bee35791adfe844b71",
    "request 123e4567-e89b-42d3-a456-426614174000, order 01ARZ3NDEKTSV4RRFFQ69G5FAV",
    'id=Ab3dE5gH7jK9mN1pQ3sT5vW7y and etag: "Ab3dE5gH7jK9mN1pQ3sT5vW7y"',
    f"chatcmpl-{drawn(29)} and call_{drawn(24)} and toolu_{drawn(24)}",
    f"integrity sha512-{drawn(86)}== of the package",
    "https://example.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Int32Array?v=1.2.3#Instance_Methods",
    "https://example.com/products/wireless-headphones-2024-edition-black?utm_source=newsletter&utm_campaign=spring2024",
    "/usr/local/lib/python3.11/site-packages/numpy/core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
    "AssignIpv6AddressOnCreation, AmazonS3ReadOnlyAccess, ResourceAwsEc2InstanceLaunchedAt, S3BucketArn",
    "_ZN4node16NodeMainInstance3RunEv in libnode.so.108",
    "const getUserByEmailAddressV2AndName = async (key, token) => fetch(`${base}/users`)",
    "for key, token in sorted(tokens.items()): print(key, token, sep=', ')",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free, claude-3-5-sonnet-20241022-v2:0, gpt-4o-mini-2024-07-18",
    # prose
    "Die Donaudampfschifffahrtsgesellschaftskapitänsmütze kostet 2024 mehr als 2023, sagt das Amt.",
    "L'anticonstitutionnellement long mot n'est pas un secret, n'est-ce pas ?",
    "Это длинное предложение на русском языке, в котором нет ничего тайного: 42.",
    "これは秘密のない長い文章です。２０２４年１月２日、東京で書かれました。",
    "SSN is short for Social Security number; 555-12 is a shelf, 12-34-56 a sort code, 2024-10-2024 a typo",
]


@pytest.mark.parametrize("text", ORDINARY, ids=lambda text: text[:40])
def test_what_is_no_secret_stays_to_be_read(text: str) -> None:
    assert Masking().text(text) == text
    assert json.loads(Masking().text(json.dumps({"note": text}))) == {"note": text}


@pytest.mark.parametrize(("length", "share"), [(24, 0.87), (32, 0.95), (40, 0.97), (64, 0.99)])
@pytest.mark.parametrize("alphabet", [B62, B62 + "+/", B62 + "-_"], ids=["letters and digits", "base64", "url-safe"])
def test_keys_without_a_form_are_found_by_how_they_look(length: int, share: float, alphabet: str) -> None:
    keys = [f"x{drawn(length - 2, seed, alphabet)}y" for seed in range(1000)]
    found = sum(replace_keys(f"it is {key}.", lambda _: "") == "it is ." for key in keys)
    assert found >= share * len(keys)


def test_of_an_address_only_the_key_is_taken_out() -> None:
    text = f"https://docs.example/document/d/{drawn(44)}/edit?tab=1"
    assert Masking().text(text) == "https://docs.example/document/d/[SECRET_1]/edit?tab=1"


@pytest.mark.parametrize("alphabet", [HEX, HEX.upper(), string.digits, string.ascii_lowercase])
def test_hashes_and_words_are_no_keys(alphabet: str) -> None:
    assert not any(looks_drawn(drawn(40, seed, alphabet)) for seed in range(500))


def test_ordinary_code_has_next_to_none() -> None:
    """Python's own: its few keys are keys, of tests and examples, and blobs."""
    folder = Path(sysconfig.get_path("stdlib"))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.py"))]
    texts += [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("[a-l]*/*.py"))]
    found: list[str] = []

    def note(word: str) -> str:
        found.append(word)
        return word

    for text in texts:
        assert replace_keys(text, note) == text
    characters = sum(map(len, texts))
    assert characters > 3_000_000
    assert len(found) <= 2 * characters / 1_000_000, found


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("password", "x", "SECRET"),
        ("Contraseña", "x", "SECRET"),
        ("mot_de_passe", "x", "SECRET"),
        ("AccountKey", "x", "SECRET"),
        ("secretAccessKey", "x", "SECRET"),
        ("connectionString", "x", "SECRET"),
        ("signature", drawn(40), "SECRET"),
        ("session_id", drawn(32, alphabet=HEX), "SECRET"),
        ("key", drawn(20), "SECRET"),
        ("pin", "1234", "SECRET"),
        ("ssn", "123456789", "ID"),
        ("passport_number", "C01X00T47", "ID"),
    ],
)
def test_a_fields_name_says_what_it_holds(key: str, value: str, kind: str) -> None:
    assert json.loads(Masking().text(json.dumps({key: value}))) == {key: f"[{kind}_1]"}
    assert f"[{kind}_1]" in Masking().text(f'so: {{"{key}": "{value}", ...')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", drawn(28)),
        ("order_id", drawn(28)),
        ("conversationId", drawn(28)),
        ("etag", drawn(28)),
        ("integrity", drawn(44)),
        ("next_cursor", drawn(28)),
        ("key", "uploads/2024/01/report-final.pdf"),
        ("signature", "def f(x: int) -> str"),
        ("session", "morning"),
        ("monkey", drawn(20)),
        ("pin", "the blue one"),
        ("max_tokens", "4096"),
        ("keyword", "hello1234world"),
    ],
)
def test_an_id_or_another_thing_is_no_secret(key: str, value: str) -> None:
    assert json.loads(Masking().text(json.dumps({key: value}))) == {key: value}


def test_ids_and_what_says_them_are_told_apart() -> None:
    assert all(map(says_id, ("id", "user_id", "requestId", "sha256", "X-ETag", "contentHash")))
    assert not any(map(says_id, ("paid", "valid", "token", "key", "grid", "identity")))
    assert not names_secret("tokens", "12")


PEOPLE: Final = [
    ("My SSN is 123-45-6789.", "123-45-6789"),
    ("social security number: 123 45 6789", "123 45 6789"),
    ("SSN 123456789", "123456789"),
    ("NI number QQ 12 34 56 C is fictional, AB 12 34 56 C is not", "AB 12 34 56 C"),
    ("meu CPF 529.982.247-25", "529.982.247-25"),
    ("codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("DNI 12345678Z", "12345678Z"),
    ("NIE X1234567L", "X1234567L"),
    ("NIR 1 84 12 76 451 089 46", "1 84 12 76 451 089 46"),
    ("Steuer-ID: 86095742719", "86095742719"),
    ("BSN 111222333", "111222333"),
    ("PESEL: 44051401359", "44051401359"),
    ("passport number C01X00T47", "C01X00T47"),
]


@pytest.mark.parametrize(("text", "number"), PEOPLE, ids=[text for text, _ in PEOPLE])
def test_numbers_by_which_states_know_a_person_are_taken_out(text: str, number: str) -> None:
    masked = Masking().text(text)
    assert number not in masked
    assert "[ID_1]" in masked
    assert Masking().text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        *("000-12-3456", "666-12-3456", "912-12-3456", "123-00-4567", "123-45-0000", "1123-45-6789", "123-45-67890"),
        *("529.982.247-26", "12345678A", "X1234567A", "1 84 12 76 451 089 47", "111.111.111-11", "AB123456E"),
    ],
)
def test_numbers_that_cannot_be_one_stay(text: str) -> None:
    assert replace_identities(f"it is {text} there", lambda _: "") == f"it is {text} there"


def test_a_suite_drawn_from_traffic_full_of_secrets_has_none(tmp_path: Path) -> None:
    tokens = [made(parts) for _, parts in MADE] + [secret for _, secret in SPOKEN[:6]] + [AWS_SECRET, drawn(32)]
    words = [text for text, _ in SPOKEN[:6]]
    rows: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": f"question {n}: {said}"}], "response": f"About {said}, number {n}."}
        for n, said in enumerate(
            (*(f"I use {token} there" for token in tokens[: len(MADE)]), *words, AWS_SECRET, drawn(32))
        )
    ]
    path = tmp_path / "traffic.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    suite = draw(path, Wanted(len(rows), judge="neutral/umpire-1")).suite
    written = json.dumps(suite, ensure_ascii=False)
    assert len(suite["cases"] if isinstance(suite["cases"], list) else []) > len(MADE)
    assert [token for token in tokens if token in written] == []


LONG: Final = [
    *("a" * 100_000, "aB3" * 33_000, "a1-" * 33_000, "/aB3" * 25_000, "password " * 11_000, "password is " * 8_000),
    *("key: " * 20_000, "token=" * 16_000, "pass" * 25_000, "cookie: a=" * 10_000, "cookie:" + "a=b;" * 25_000),
    *("A_" * 50_000, "A_KEY=" * 16_000, "ssn " * 25_000, "1 2 3 4 5 " * 10_000, "password for the " * 6_000),
    *('"key": "' * 12_000, "password is “" * 8_000, "clé " * 25_000, "?key=" * 20_000, "sess" * 25_000, "İ" * 100_000),
    *("パスワード" * 20_000, "x" + " " * 100_000, "password" + "*" * 100_000, "key" + "\n" * 100_000, "AB12" * 25_000),
]
STEPS: Final[dict[str, Callable[[str], str]]] = {
    "placed": lambda text: replace_placed(text, lambda _: "x"),
    "spoken": lambda text: replace_spoken(text, lambda _: "x"),
    "keys": lambda text: replace_keys(text, lambda _: "x"),
    "identities": lambda text: replace_identities(text, lambda _: "x"),
    "all": lambda text: Masking().text(text),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_a_long_text_takes_no_long(step: str, text: str) -> None:
    assert isinstance(STEPS[step](text), str)  # the suite's own time limit is the judge
