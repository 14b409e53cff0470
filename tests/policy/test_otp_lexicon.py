"""Words and their meanings."""

from __future__ import annotations

import pytest

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_normalise import folded_text


def meaning(word: str) -> int:
    return lexicon.meaning(folded_text(word)[1])


@pytest.mark.parametrize(
    "word",
    [
        "code", "PIN", "OTP", "passcode", "Bestätigungscode", "Zugangscode", "engångskod",
        "Engangskode", "kóðinn", "staðfestingarkóða", "vahvistuskoodi", "koodisi", "toegangscode",
        "kodunuz", "şifreniz", "Sifreniz", "código", "codigo", "senha", "contraseña", "codice",
        "codul", "кодом", "пароль", "парола", "κωδικός", "ΚΩΔΙΚΟΣ", "הקוד", "الرمز", "کد", "कोड",
        "heslo", "kodenya", "salasana", "Einmalpasswort", "bestaetigungscode",
    ],
)  # fmt: skip
def test_noun_for_a_code_in_its_forms(word: str) -> None:
    assert meaning(word) & lexicon.NOUN


@pytest.mark.parametrize(
    "word",
    [
        "barcode", "postcode", "Gutscheincode", "Rabattcode", "rabattkod", "kortingscode",
        "alennuskoodi", "Buchungscode", "Fehlercode", "decoder", "codec", "kodiak", "pinion",
        "tokenize", "encoded", "Strichcode",
    ],
)  # fmt: skip
def test_other_codes_and_look_alikes_are_no_nouns_for_a_code(word: str) -> None:
    assert not meaning(word) & lexicon.NOUN


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("您的验证码是", "验证码"),
        ("認証コードは", "認証コード"),
        ("인증번호는", "인증번호"),
        ("รหัสยืนยันของคุณคือ", "รหัสยืนยัน"),
    ],
)
def test_noun_is_found_inside_text_without_spaces(text: str, word: str) -> None:
    found = [text[a:b] for a, b, bits in lexicon.unspaced_words(text) if bits & lexicon.NOUN]
    assert found == [word]


@pytest.mark.parametrize("text", ["バーコード", "邮政编码", "할인코드", "รหัสไปรษณีย์"])
def test_longer_word_hides_the_noun_inside_it(text: str) -> None:
    found = lexicon.unspaced_words(text)
    assert len(found) == 1
    assert found[0][2] & (lexicon.LABEL | lexicon.BAD)


def test_meanings_have_names() -> None:
    assert lexicon.meaning_names(lexicon.CODE | lexicon.LABEL) == "code label"
