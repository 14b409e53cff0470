"""Numbers that stand in notices as a code would: telephones, houses, hours, cash, postcodes.

"The password for number 0671234509 was changed", "your PIN comes by post to 1840 Lake Dr",
"check-in 1500", "parcel with COD 350.000", "delivery to PIN code 560001". What they are is told by
one or two words that stand beside them in such notices only.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_clauses import names_code, span_of
from otpblue_trio.policy.otp_numbers import CANDIDATE
from otpblue_trio.policy.otp_tokens import SIGN, WORD

if TYPE_CHECKING:
    from otpblue_trio.policy.otp_message import Judged, Message

__all__ = ["find_notices"]

_POINTS = -12
_FEWEST_OF_PHONE = 9
_NAMES_CODE = lexicon.NOUN | lexicon.QUAL
# "Number" where it is too short a word to name anything, and where it never follows a noun for a
# code as in "code number".
_NUMBERS: Final = frozenset(("số", "so", "للرقم", "لرقم"))
_BEFORE_NOUN: Final = frozenset(("الرقم", "للرقم", "لرقم", "شماره"))
_MOST_OF_HOUSE = 5
_STREET_WORDS = 3
_STREETS: Final = frozenset(
    (
        *("st", "street", "rd", "road", "ave", "avenue", "ln", "lane", "blvd", "boulevard", "dr"),
        *("ct", "court", "hwy", "highway", "pkwy", "parkway", "terrace", "crescent"),
    )
)
_HOUR_DIGITS = 4
_ARRIVALS: Final = ("check in", "check out", "checkin", "checkout")
# Before an hour, and never before a code.
_CLOCK: Final = frozenset(
    (
        *("at", "kl", "klo", "klokken", "klockan", "klukkan", "um", "om", "à", "às", "las", "alle"),
        *("ore", "godz", "saat", "pukul", "lúc", "luc", "στισ"),
    )
)
# Before an hour, and elsewhere.
_AT: Final = _CLOCK | frozenset(
    (
        *("by", "from", "after", "before", "until", "till", "ab", "bis", "o", "od", "do", "в", "у"),
        *("о", "jam", "dalle", "desde", "dès", "vanaf", "från", "fra"),
    )
)
# Polish "at", where it is no Portuguese article.
_POLISH_AT: Final = "o"
_POLISH: Final = frozenset(("pin", "kod", "hasło", "haslo", "twój", "twoj", "zmieniono"))
# With these "um 4829 zu bestätigen" and "om 4829 te bevestigen" tell no hour.
_IN_ORDER_TO: Final = frozenset(("zu", "te"))
_VERB_WORDS = 4
# By post; never "by mail", which may be electronic.
_POST: Final = frozenset(
    (
        *("post", "letter", "brief", "courrier", "brev", "brevi", "postitse", "kirjeitse"),
        *("listem", "pocztą", "poczta", "dopisem", "poštou", "postou", "poștă", "posta", "поштою"),
        *("листом", "почтой", "письмом", "писмо", "пощата", "ταχυδρομικώσ", "ταχυδρομείο", "pos"),
        *("kargo", "bưu", "buu", "डाक", "בדואר", "במכתב"),
    )
)
_POST_UNSPACED: Final = (
    *("寄往", "寄至", "寄到", "郵送", "邮寄", "郵寄"),
    *("信函", "ไปรษณีย์", "ส่งไปที่", "우편"),
)
_ADDRESS_BEFORE: Final = frozenset(
    (
        *("address", "adresse", "dirección", "indirizzo", "endereço", "adres", "adressen"),
        *("osoite", "адрес", "адресу", "адреса", "adresu", "διεύθυνση", "alamat", "dia chi"),
        *("địa chỉ", "chi", "العنوان", "כתובת", "पते", "पता"),
    )
)
_TO: Final = frozenset(
    ("to", "an", "à", "al", "ao", "naar", "till", "til", "на", "ke", "về", "ve", "la", "στη", "إلى")
)
_ADDRESS_BEHIND: Final = ("adres", "पते", "주소", "住所", "ご住所", "地址")
_SENT_BEHIND: Final = ("kargo", "gönder", "डाक", "발송", "우편", "発送", "郵送", "寄")
_NEAR_ADDRESS = 3
# The Portuguese word for a password is that for a place in a queue: "senha 4418, guichê 12".
_TICKET: Final = "senha"
_COUNTERS: Final = frozenset(("guichê", "guiche", "guichês", "balcão", "balcao"))
_THIS: Final = frozenset(
    (
        *("this", "diese", "dieser", "ce", "este", "questo", "dit", "detta", "dette", "ten"),
        *("acest", "этот", "цей", "този", "toto", "bu", "ini"),
    )
)
_CASH: Final = "cod"
_CASH_WRITTEN: Final = "COD"
_PARCEL: Final = frozenset(
    (
        *("giao", "hang", "hàng", "đơn", "vận", "van don", "buu", "bưu", "kurir", "paket", "pakej"),
        *("parcel", "package", "courier", "delivery", "shipment", "awb", "resi", "pesanan"),
    )
)
# Where something is delivered to, in India: a "PIN code" of six digits is a postcode there.
_POSTAL_DIGITS = 6
_POSTAL_WORDS = 5
_POSTAL: Final = frozenset(("pincode", "pincodes", "पिनकोड"))
_POSTAL_PAIRS: Final = frozenset((("pin", "code"), ("पिन", "कोड")))
_AREA: Final = frozenset(
    (
        *("serviceable", "unserviceable", "deliverable", "deliver", "delivers", "delivering"),
        *("delivered", "delivery", "deliveries", "order", "orders", "area", "areas", "ship"),
        *("ships", "shipping", "shipped", "पता", "पते", "डिलीवरी"),
    )
)
_WHERE: Final = frozenset(("to", "in", "at", "from", "area", "your", "the"))
_ADDRESS: Final = frozenset(("पता", "पते", "address"))


def find_notices(message: Message) -> None:
    """Label the numbers of a message that notices carry; codes are not named yet."""
    is_cased = any(character.islower() for character in message.cased)
    texts = frozenset(token.text for token in message.tokens)
    has_polish_hours = _POLISH_AT in texts and not texts.isdisjoint(_POLISH)
    has_tickets = _TICKET in texts and not texts.isdisjoint(_COUNTERS)
    has_cash = (
        is_cased
        and _CASH in texts
        and (bool(message.bits & lexicon.FOLLOW) or not texts.isdisjoint(_PARCEL))
    )
    has_post = (
        not texts.isdisjoint(_POST | _ADDRESS_BEFORE)
        or any(word in message.cased for word in _POST_UNSPACED)
        or any(word in text for text in texts for word in _ADDRESS_BEHIND)
    )
    for judged in message.judged:
        if judged.number.kind != CANDIDATE or judged.labelled:
            continue
        if _is_telephone(message, judged):
            judged.label(_POINTS, "as long as a telephone number")
        elif is_cased and _is_house(message, judged):
            judged.label(_POINTS, "a house in a street")
        elif _is_hour(message, judged, is_polish=has_polish_hours):
            judged.label(_POINTS, "an hour")
        elif has_tickets and not judged.number.separators:
            judged.label(_POINTS, "a place in a queue")
        elif _is_called_number(message, judged):
            judged.label(_POINTS, "who is written to")
        elif has_post and _is_posted(message, judged):
            judged.label(_POINTS, "where something is sent by post")
        elif has_cash and _is_cash(message, judged):
            judged.label(_POINTS, "cash on delivery")
    _spend_cash(message)
    if not _asks_for_code(message):
        for judged in message.judged:
            if judged.number.kind == CANDIDATE and _is_postal(message, judged):
                judged.label(_POINTS, "a postcode")


def _is_telephone(message: Message, judged: Judged) -> bool:
    """True for nine digits or more behind a mere "number"."""
    number = judged.number
    left = message.beside(number)[0]
    if left is None or number.digits < _FEWEST_OF_PHONE or number.separators:
        return False
    is_number = left.bits & lexicon.NUMBER and not left.bits & _NAMES_CODE
    if not is_number and left.text not in _NUMBERS:
        return False
    before = message.word(number.first - 1, -1)
    if before == number.first - 2 and left.text not in _BEFORE_NOUN:
        return not message.word_bits(before) & _NAMES_CODE
    return True


def _is_house(message: Message, judged: Judged) -> bool:
    """True for "1840 Lake Dr": a name and a street, with capitals, and no sign between."""
    number = judged.number
    if number.digits > _MOST_OF_HOUSE or number.separators:
        return False
    behind = message.tokens[number.last + 1 : number.last + 2 + _STREET_WORDS]
    for words, token in enumerate(behind):
        if token.kind != WORD or not message.cased[token.start].isupper():
            return False
        if words and token.text in _STREETS:
            return True
    return False


def _is_hour(message: Message, judged: Judged, *, is_polish: bool) -> bool:
    """True for "check-out by 1100", and for "on 03/04/26 at 1830"."""
    number = judged.number
    if number.digits != _HOUR_DIGITS or number.separators:
        return False
    if _tells_hour(message, judged, is_polish=is_polish):
        return True
    tokens = message.tokens
    place = number.first - 1
    has_at = place >= 0 and tokens[place].text in _AT
    while place >= 0 and (tokens[place].text in _AT or tokens[place].text == ":"):
        place -= 1
    if place < 0:
        return False
    before = message.at.get(place)
    if has_at and before is not None and before.kind == "date":
        return True
    if tokens[number.first - 1].text == ":" and _names_code_before(message, judged):
        return False  # "passcode for your check-in: 7730"
    words = " ".join(t.text for t in tokens[max(place - 2, 0) : place + 1] if t.kind == WORD)
    return words.endswith(_ARRIVALS)


def _names_code_before(message: Message, judged: Judged) -> bool:
    first, _ = span_of(message, judged)
    return any(t.bits & lexicon.NOUN for t in message.tokens[first : judged.number.first])


def _tells_hour(message: Message, judged: Judged, *, is_polish: bool) -> bool:
    """True for "your PIN was changed at 1645"."""
    number = judged.number
    tokens = message.tokens
    place = number.first - 1
    if place > 0 and tokens[place].text == ".":
        place -= 1  # "kl. 1645"
    text = tokens[place].text if place >= 0 else ""
    if text == _POLISH_AT:
        return is_polish and message.is_end(number.last + 1)
    behind = tokens[number.last + 1 : number.last + 1 + _VERB_WORDS]
    return text in _CLOCK and not any(token.text in _IN_ORDER_TO for token in behind)


def _is_called_number(message: Message, judged: Judged) -> bool:
    """True for "do not write to this number (88440)"."""
    tokens = message.tokens
    first = judged.number.first
    return (
        first > 2
        and tokens[first - 1].text == "("
        and bool(tokens[first - 2].bits & lexicon.NUMBER)
        and tokens[first - 3].text in _THIS
    )


def _is_posted(message: Message, judged: Judged) -> bool:
    """True for "your PIN goes by post to 79018 Lviv": a postcode, and the code is not here."""
    number = judged.number
    tokens = message.tokens
    left = tokens[number.first - 1] if number.first else None
    if left is None or number.separators:
        return False
    first, last = span_of(message, judged)
    before = tokens[first : number.first]
    text = message.cased[tokens[first].start : tokens[number.first].start]
    if not names_code(message, judged):
        return False
    is_named = bool(
        left.bits & lexicon.NOUN
        or (left.text == ":" and number.first > 1 and tokens[number.first - 2].bits & lexicon.NOUN)
    )
    if not is_named:
        right = message.beside(number)[1]
        if right is not None and right.bits & lexicon.COPULA:
            return False  # "Deutsche Post 4829 ist Ihr Code"
        if any(
            token.text in _POST and follower.kind != SIGN  # not "Post: 4829"
            for token, follower in pairwise(tokens[first : number.first + 1])
        ):
            return True
        if any(word in text for word in _POST_UNSPACED):
            return True
        if left.text in _ADDRESS_BEFORE and any(token.text in _TO for token in before[-3:-1]):
            return True
    behind = message.cased[tokens[number.last].end : tokens[last - 1].end].lower()
    near = "".join(token.text + " " for token in tokens[number.last + 1 :][:_NEAR_ADDRESS])
    is_address = any(word in near for word in _ADDRESS_BEHIND)
    return is_address and any(word in text + behind for word in _SENT_BEHIND)


def _is_cash(message: Message, judged: Judged) -> bool:
    """True for "COD 350.000" about a parcel, where "COD" is no Romanian code."""
    place = judged.number.first - 1
    if place < 0 or message.tokens[place].text != _CASH:
        return False
    written = message.cased[message.tokens[place].start : message.tokens[place].end]
    return written == _CASH_WRITTEN


def _spend_cash(message: Message) -> None:
    """Let no number be named by the COD of "COD ₹1450"."""
    for place, token in enumerate(message.tokens[:-1]):
        number = message.at.get(place + 1)
        is_amount = number is not None and number.kind == "amount"
        is_priced = is_amount or bool(message.tokens[place + 1].bits & lexicon.MONEY)
        if token.text == _CASH and is_priced:
            message.spent.add(place)


def _asks_for_code(message: Message) -> bool:
    return any(
        token.bits & lexicon.ENTER and not message.is_warned(place)
        for place, token in enumerate(message.tokens)
    )


def _is_postal(message: Message, judged: Judged) -> bool:
    """True for "delivery to PIN code 560001" and "PIN code 560001 is serviceable"."""
    number = judged.number
    if number.digits != _POSTAL_DIGITS or judged.labelled:
        return False
    tokens = message.tokens
    noun = number.first - 1
    if noun > 0 and tokens[noun].text == ":":
        noun -= 1
    if noun < 0 or tokens[noun].text not in _POSTAL:
        if noun < 1 or (tokens[noun - 1].text, tokens[noun].text) not in _POSTAL_PAIRS:
            return False
        noun -= 1
    for token, follower in pairwise(tokens[:noun]):
        if token.text in _ADDRESS and follower.text == ":":
            return True
    before = message.word(noun, -1)
    if before >= 0 and tokens[before].text in _WHERE:
        for _ in range(_POSTAL_WORDS):
            if before >= 0 and tokens[before].text in _AREA:
                return True
            before = message.word(before, -1)
    right = message.beside(number)[1]
    if right is None or right.bits & (lexicon.BRIDGE | lexicon.WITH | lexicon.PURPOSE):
        return False
    last = span_of(message, judged)[1]
    return any(token.text in _AREA for token in tokens[number.last + 1 : last])
