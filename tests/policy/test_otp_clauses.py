"""What a whole sentence says about a number in it."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound, NoCode


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


@pytest.mark.parametrize(
    "text",
    [
        "Code 482910 was deleted at your request.",
        "Der Code 482910 wurde auf Ihren Wunsch gesperrt.",
        "482910 kodu isteğiniz üzerine iptal edildi.",
        "تم إلغاء الرمز 482910 بناءً على طلبك.",
        "验证码482910已被使用，无法再次使用。",
        "Il codice 482910 è già stato usato.",
    ],
)
def test_code_that_counts_no_longer_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Use 371139, code 448120 has been withdrawn.",
        "Brug 371139, da koden 448120 er spærret.",
        "از 371139 استفاده کنید، کد 448120 دیگر معتبر نیست.",
    ],
)
def test_new_code_counts_though_the_cancelled_one_stands_behind_it(text: str) -> None:
    assert code_in(text) == "371139"


def test_code_that_will_expire_still_counts() -> None:
    assert code_in("Your code 482910 will be invalid in 5 minutes.") == "482910"


def test_purpose_between_code_and_state_keeps_the_code() -> None:
    assert code_in("Enter code 482910 to reopen your account that was blocked.") == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Track your parcel with code 48210933 at post.example.",
        "Śledź paczkę, podając kod 48210933 na stronie.",
        "ติดตามพัสดุด้วยรหัส 48210933 ที่เว็บไซต์",
    ],
)
def test_code_for_following_a_parcel_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_pickup_code_is_found_beside_a_tracked_parcel() -> None:
    assert code_in("Follow your parcel 5512093 in the app. Pickup code: 482917") == "482917"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("448120 numaralı siparişi 639588 ile onaylayın.", "639588"),
        ("448120 nolu başvurunuzu 902134 ile onaylayabilirsiniz.", "902134"),
        ("771203 sayılı dilekçeniz incelemede.", None),
    ],
)
def test_number_before_an_order_belongs_to_the_order(text: str, code: str | None) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Öppna skåpet med 301024.", "301024"),
        ("Firma con 761050.", "761050"),
        ("La porta si apre con 0417 stasera.", "0417"),
        ("7253でアカウントを有効にできます。", "7253"),
        ("6394 से अपना खाता चालू करें।", "6394"),
        ("0417로 문이 열립니다.", "0417"),
    ],
)
def test_lone_number_that_is_the_means_to_an_end_is_a_code(text: str, code: str) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Номер вашего дела 551207. Назовите его при звонке.",
        "Your number in line is 4471.",
        "Numărul dosarului este 551207.",
        "สัญญาเงินกู้เลขที่ 44120983",
    ],
)
def test_word_for_numbers_of_all_kinds_is_not_enough(text: str) -> None:
    assert code_in(text) is None


def test_word_for_a_number_counts_with_a_verb_in_its_sentence() -> None:
    assert code_in("Tell the agent the number 161107.") == "161107"


@pytest.mark.parametrize(
    "text",
    ["Never share your PIN. Blocked? 70 12 34 99.", "Gi aldri fra deg koden. Sperr: 22 55 01 33."],
)
def test_telephone_grouping_speaks_against_a_number_without_a_name(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Card ending in 3381: use 788390 to pay.", "788390"),
        ("6621 ile biten kart: ödeme için 902134 girin.", "902134"),
        ("Code 1 of 1: 632034", "632034"),
        ("Kód ze dne 3. 11. 2026 v 19:42: 146544", "146544"),
        ("Canal 3030: introduce 481496 para entrar.", "481496"),
        ("SIM ready. PIN 4471, PUK 90223311.", None),
        ("You need 4500 more to reach Gold.", None),
        ("[Card Desk] 587849 is what to enter", "587849"),
    ],
)
def test_other_number_nearby_does_not_mislead(text: str, code: str | None) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Codes: 4410 (gate), 2291 (door)",
        "Codes for today: gate 4410, lift 2291",
        "Códigos: portón 4410, puerta 2291",
        "コード：4410（門）、2291（扉）",
    ],
)
def test_word_for_several_codes_with_several_numbers_names_none(text: str) -> None:
    assert isinstance(CodeFinder().find(text), NoCode)


@pytest.mark.parametrize(
    "text",
    [
        "Codes for order 771203: 482910",
        "Codes are never asked for. Your code: 482910",
        "验证码482910，订单771203",
    ],
)
def test_word_for_several_codes_does_not_list_what_has_a_name(text: str) -> None:
    assert code_in(text) == "482910"


def test_word_in_brackets_names_the_number_before_it() -> None:
    assert code_in("44102 (ref) 482910 (code)") == "482910"
    assert code_in("482910 (code), 44102 (ref)") == "482910"


def test_purpose_behind_a_comma_is_not_that_of_a_customer_number() -> None:
    assert code_in("Kliencie 5520193, potwierdź: 482910") in ("482910", None)


def test_purpose_behind_a_comma_counts_when_it_is_one() -> None:
    assert code_in("Попълнете 48291, за да продължите.") == "48291"


def test_sum_that_is_named_so_is_no_code() -> None:
    assert code_in("Amount: 48200") is None
    assert code_in("Amount 48200, code 482910") == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Your code will come from 88202.",
        "Ihr Code wird von der Nummer 72975 verschickt.",
        "验证码将由10690123发送。",
        "コードは番号24711から送信されます。",
        "Kodunuz 4471 numarasından gönderilecektir.",
        "कोड 56161 नंबर से आएगा",
    ],
)
def test_number_that_a_code_comes_from_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Forgot your PIN? Text RESET to 60700.",
        "Text PIN to 60700 to get a new one.",
        "PIN vergessen? Senden Sie RESET an 60700.",
        "Забыли ПИН? Отправьте RESET на 60700.",
    ],
)
def test_number_that_a_keyword_is_sent_to_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_what_a_code_is_set_to_is_the_code() -> None:
    assert code_in("Set PIN to 4410 to continue.") == "4410"
    assert code_in("Votre code est passé de 882013 à 482910") in ("482910", None)


@pytest.mark.parametrize(
    "text",
    [
        "Your OTP request failed (error 5003). Try again.",
        "Erreur 5003 : le code n'a pas pu être envoyé.",
        "Ошибка 5003: код не отправлен.",
    ],
)
def test_number_of_an_error_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Do not share your OTP. Miravel 44102",
        "暗証番号はお聞きしません。通報は9110へ。",
        "Мы не спрашиваем код. Сообщите на 44102.",
    ],
)
def test_noun_of_a_warning_names_nothing_in_the_next_sentence(text: str) -> None:
    assert code_in(text) is None


def test_warning_before_the_code_does_not_hide_it() -> None:
    assert code_in("Do not share this OTP. 482910 is your code.") == "482910"


def test_portuguese_no_before_a_place_forbids_nothing() -> None:
    assert code_in("Compra de R$ 50,00 no MAGALU: digite 771029") == "771029"
    assert code_in("No caixa eletrônico digite 771029") == "771029"
    assert code_in("No digite 771029") is None


@pytest.mark.parametrize(
    "text",
    [
        "Door 4410, alarm 8827 are your codes.",
        "Tür 4410, Alarm 8827 sind Ihre Codes.",
        "Puerta 4410, alarma 8827 son tus códigos.",
        "Врата 4410, аларма 8827 са вашите кодове.",
    ],
)
def test_numbers_that_are_called_codes_behind_them_are_equally_good(text: str) -> None:
    result = CodeFinder().find(text)
    assert isinstance(result, NoCode)
    assert result.reason == "ambiguous"


def test_one_number_that_is_called_one_of_several_codes_counts() -> None:
    assert code_in("Order 4410: 881203 is one of your codes.") == "881203"


@pytest.mark.parametrize(
    "text",
    [
        "Your code 482910 won't expire today.",
        "Your code 482910 will not expire today.",
        "Ihr Code 482910 ist nicht abgelaufen.",
    ],
)
def test_code_that_is_said_not_to_have_expired_counts(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Code 482910 expired at 10:15. Please enter 771204 instead.",
        "Passcode 482910 ran out a minute ago. Type 771204 instead.",
        "Your code 482910 has timed out. We made a new one for you: 771204.",
        "Votre code 482910 a expiré à 10:15. Saisissez 771204.",
    ],
)
def test_code_that_expired_at_a_time_gives_way_to_the_other(text: str) -> None:
    assert code_in(text) == "771204"


@pytest.mark.parametrize(
    "text",
    ["Your code 482910 will be expired at 10:15.", "Your code 482910 is expired in 5 minutes."],
)
def test_code_that_will_have_expired_at_a_time_counts(text: str) -> None:
    assert code_in(text) == "482910"
