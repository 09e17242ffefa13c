from __future__ import annotations

import base64
import html
import json
import random
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from ploeg.workspace.redact import MARK, Redactor

TOKEN = "sk-ant-api03-Zx8f_Qw9LmN2pRs7TvYb1cDe4GhJk6"
ALPHABETS = [string.ascii_letters + string.digits + "-_", string.hexdigits, string.printable.strip() + "é√\"'\\/+&<"]

#: The ways in which a secret turns up, and back.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda s: s,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, one byte in": lambda s: base64.b64encode(b":" + s.encode() + b"\n").decode(),
    "base64, two bytes in": lambda s: base64.b64encode(b"u:" + s.encode() + b"\n").decode(),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(b"user:" + s.encode()).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal, capitals": lambda s: s.encode().hex().upper(),
    "in a URL": lambda s: quote(s, safe=""),
    "in a form": quote_plus,
    "every byte escaped for a URL": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in JSON, not escaped": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "in JSON within JSON": lambda s: json.dumps(json.dumps(s))[1:-1],
    "in HTML": html.escape,
    "backwards": lambda s: s[::-1],
}


def random_splits(data: bytes, chance: random.Random) -> list[bytes]:
    cuts = sorted(chance.sample(range(len(data) + 1), min(len(data), chance.choice([0, 1, 2, 5, 40]))))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def redact_in_pieces(redactor: Redactor, pieces: list[bytes]) -> bytes:
    stream = redactor.stream()
    return b"".join([*(stream.feed(piece) for piece in pieces), stream.flush()])


def test_no_secret_gets_through_in_any_encoding_however_the_stream_is_cut() -> None:
    chance = random.Random(20260726)  # the same probes in every run
    leaks, probes = [], 0
    for _ in range(150):
        secrets = [
            "".join(chance.choice(chance.choice(ALPHABETS)) for _ in range(chance.randint(8, 90))) for _ in range(4)
        ]
        redactor = Redactor(secrets)
        for name, encode in ENCODINGS.items():
            for secret in secrets[:3]:
                encoded = encode(secret)
                around = "".join(chance.choice(string.printable) for _ in range(chance.randint(0, 300)))
                data = f"{around}{encoded}{around[::-1]}".encode()
                out = redact_in_pieces(redactor, random_splits(data, chance))
                # Base64 shares its first and last characters with the neighbours.
                middle = encoded.rstrip("=").encode()
                middle = middle[6:-6] if name.startswith("base64") else middle
                probes += 1
                if len(middle) >= 6 and middle in out:
                    leaks.append((name, secret))
    assert probes > 6000
    assert leaks == [], f"{len(leaks)} of {probes} leaked, { ({name for name, _ in leaks}) }"


def test_text_without_a_secret_is_not_touched_however_it_is_cut() -> None:
    chance = random.Random(7)
    redactor = Redactor([TOKEN, "correct horse battery", "s3cr3t!"])
    for _ in range(300):
        data = "".join(chance.choice(string.printable + TOKEN[:9]) for _ in range(chance.randint(0, 2000))).encode()
        assert redact_in_pieces(redactor, random_splits(data, chance)) == data


def test_what_is_replaced_is_marked_and_the_rest_stays() -> None:
    line = f'{{"text": "key {TOKEN}, again {TOKEN}."}}\n'.encode()
    out = Redactor([TOKEN]).redact(line)
    assert out.decode() == f'{{"text": "key {MARK}, again {MARK}."}}\n'
    assert json.loads(out)


def test_a_secret_cut_byte_by_byte_is_found() -> None:
    pieces = [bytes([byte]) for byte in f"before {TOKEN} after".encode()]
    assert redact_in_pieces(Redactor([TOKEN]), pieces).decode() == f"before {MARK} after"


def test_a_line_is_not_held_back_once_it_ends() -> None:
    stream = Redactor([TOKEN]).stream()
    assert stream.feed(b"a line\n") == b"a line\n"
    assert stream.feed(b"sk-ant-api03-") == b""
    assert stream.feed(b"nothing\n") == b"sk-ant-api03-nothing\n"


def test_the_better_part_of_a_secret_at_the_end_of_a_stream_is_redacted() -> None:
    redactor = Redactor([TOKEN])
    assert redact_in_pieces(redactor, [b"x " + TOKEN[:-1].encode()]).decode() == f"x {MARK}"
    assert redactor.redact(b"x " + TOKEN[:-3].encode()).decode() == f"x {MARK}"
    assert redact_in_pieces(redactor, [b"x sk-ant"]) == b"x sk-ant"


def test_every_line_of_a_secret_of_several_lines_is_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAbCdEfGhIjKlMnOpQrStUvWxYz012345\n-----END KEY-----"
    out = Redactor([key]).redact(b"line: AbCdEfGhIjKlMnOpQrStUvWxYz012345")
    assert out.decode() == f"line: {MARK}"


def test_secrets_too_short_to_look_for_are_ignored() -> None:
    assert Redactor(["", " ", "abc", b"x\n"]).redact(b"abc is in the alphabet") == b"abc is in the alphabet"
    assert Redactor([]).redact(b"anything") == b"anything"


@pytest.mark.parametrize("secret", ["naïve-pässwörd", b"\xff\xfe-binary-\x00-secret"])
def test_secrets_need_not_be_ascii(secret: str | bytes) -> None:
    raw = secret.encode() if isinstance(secret, str) else secret
    assert raw not in Redactor([secret]).redact(b"see " + raw + b".")


def test_text_keeps_what_is_not_utf8() -> None:
    text = b"caf\xe9 ".decode("utf-8", "surrogateescape")
    assert Redactor([TOKEN]).redact_text(text + TOKEN) == text + MARK


def test_streams_over_the_same_secrets_do_not_mix() -> None:
    first = Redactor([TOKEN])
    second = first.stream()
    assert first.feed(TOKEN[:10].encode()) == b""
    assert second.feed(b"of its own\n") == b"of its own\n"
    assert first.feed(TOKEN[10:].encode() + b"\n").decode() == f"{MARK}\n"
