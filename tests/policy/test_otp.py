"""The answers of the code finder: examples, a corpus with its gates, properties of any text."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.policy.otp import (
    MAX_TEXT_CHARACTERS,
    CodeFinder,
    CodeFound,
    NoCode,
    NoCodeReason,
    compile_patterns,
)
from otpblue_trio.policy.otp_normalise import folded_text

CORPUS = Path(__file__).with_name("otp_messages.jsonl")


@attrs.frozen
class Message:
    id: str
    text: str
    code: str | None
    lang: str
    kind: str


def read_corpus() -> list[Message]:
    """Invented messages in 31 languages.

    The code is what a person has to type, as ASCII digits; it is null where a person would not
    find one (letters, wrong length, two codes, notices, offers, "never share your code").
    """
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [Message(**json.loads(line)) for line in lines]


MESSAGES = read_corpus()
TEXTS = [message.text for message in MESSAGES]


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


def reason_for(text: str) -> NoCodeReason | None:
    result = CodeFinder().find(text)
    return result.reason if isinstance(result, NoCode) else None


# The integration guide, "OTP Code Extraction".


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your verification code is 482910", "482910"),
        ("OTP: 123456", "123456"),
        ("Use code 482910 to verify your account", "482910"),
        ("482910", "482910"),
        ("Your PIN is 9821", "9821"),
        ("code: 482-910", "482910"),
        # From its "submit_sm" and "Testing" sections.
        ("Your verification code is 482910. Do not share this code.", "482910"),
        ("Your code is 123456", "123456"),
    ],
)
def test_examples_of_the_integration_guide(text: str, code: str) -> None:
    assert code_in(text) == code


# The corpus.


def test_corpus_has_every_language_and_enough_messages() -> None:
    assert len(MESSAGES) >= 400
    assert len({message.lang for message in MESSAGES}) == 31
    assert len({message.text for message in MESSAGES}) == len(MESSAGES)


def test_corpus_is_answered_exactly_and_hardly_ever_wrongly() -> None:
    finder = CodeFinder()
    outcomes: Counter[str] = Counter()
    failures = []
    for message in MESSAGES:
        result = finder.find(message.text)
        answer = result.code if isinstance(result, CodeFound) else None
        outcome = "exact" if answer == message.code else "wrong" if answer else "missed"
        outcomes[outcome] += 1
        if outcome != "exact":
            failures.append((outcome, message.id, message.text))
    assert outcomes["wrong"] <= 0.002 * len(MESSAGES), failures
    assert outcomes["exact"] >= 0.993 * len(MESSAGES), failures


def test_ordinary_messages_are_never_answered_wrongly() -> None:
    ordinary = {"plain", "layout", "bare", "brand_only", "length"}
    for message in MESSAGES:
        if message.kind in ordinary:
            assert code_in(message.text) in (message.code, None), message


def test_messages_without_a_code_are_refused() -> None:
    without = [message for message in MESSAGES if message.code is None]
    answered = [message for message in without if code_in(message.text) is not None]
    assert len(answered) <= 0.005 * len(without), answered


# Refusals tell why.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("See you tomorrow!", NoCodeReason.NONE),
        ("", NoCodeReason.NONE),
        ("Your parcel 88201934 will arrive today.", NoCodeReason.NONE),
        ("Your codes are 448120 and 991822", NoCodeReason.AMBIGUOUS),
        ("Desk PIN 4471, gate PIN 9902", NoCodeReason.AMBIGUOUS),
        ("Your code is ABCDEF", NoCodeReason.LETTERS),
        ("Sign-in code: 8JMX65", NoCodeReason.LETTERS),
        ("Sign in here\n@bank.example #12AB56", NoCodeReason.LETTERS),
        ("Your PIN is 929", NoCodeReason.LENGTH),
        ("Authorisation number 45785844353", NoCodeReason.LENGTH),
        ("123", NoCodeReason.LENGTH),
        ("12345678901", NoCodeReason.LENGTH),
        ("Sign in here\n@bank.example #123", NoCodeReason.LENGTH),
    ],
)
def test_refusal_tells_its_reason(text: str, reason: NoCodeReason) -> None:
    assert reason_for(text) is reason


@pytest.mark.parametrize(("digits", "found"), [(3, False), (4, True), (10, True), (11, False)])
def test_code_has_four_to_ten_digits(digits: int, found: bool) -> None:
    code = "4829103756482"[:digits]
    assert code_in(f"Your code is {code}") == (code if found else None)
    assert code_in(code) == (code if found else None)


def test_longer_text_than_the_limit_is_refused_unread() -> None:
    text = "Your code is 482910. "
    assert code_in(text + "x" * (MAX_TEXT_CHARACTERS - len(text))) == "482910"
    assert code_in(text + "x" * (MAX_TEXT_CHARACTERS + 1 - len(text))) is None


def test_repr_hides_the_code() -> None:
    assert "482910" not in repr(CodeFinder().find("Your code is 482910"))


# Operator patterns.


def test_operator_pattern_comes_before_the_rules() -> None:
    patterns = compile_patterns([r"Ref (\d+)"])
    result = CodeFinder().find("Ref 118204: your code is 482910", patterns)
    assert isinstance(result, CodeFound)
    assert result.code == "118204"


def test_first_pattern_that_gives_a_code_wins() -> None:
    patterns = compile_patterns([r"nothing (\d+)", r"A(\d*)", r"B([\d -]+)", r"C(\d+)"])
    result = CodeFinder().find("A12 B48-29 10 C5555", patterns)
    assert isinstance(result, CodeFound)
    assert result.code == "482910"


def test_rules_decide_when_no_pattern_gives_a_code() -> None:
    patterns = compile_patterns([r"Ref (\d+)"])
    result = CodeFinder().find("Ref 12: your code is 482910", patterns)
    assert isinstance(result, CodeFound)
    assert result.code == "482910"


# Properties of any text.

words = st.sampled_from(sorted({word for text in TEXTS for word in text.split()}))
pieces = st.one_of(
    words,
    st.integers(0, 99_999_999_999).map(str),
    st.sampled_from(
        [" ", "\n", "-", ":", ". ", ", ", "/", "@", "#", "<#>", "\u200b", "٤٨٢٩", "４８"]
    ),
    st.text(max_size=4),
)
built_texts = st.lists(pieces, max_size=20).map(" ".join) | st.lists(pieces, max_size=20).map(
    "".join
)
any_texts = st.one_of(st.text(max_size=200), built_texts, st.sampled_from(TEXTS))


def check_answer(text: str, result: CodeFound | NoCode) -> None:
    if isinstance(result, NoCode):
        return
    assert result.code.isascii()
    assert result.code.isdigit()
    assert 4 <= len(result.code) <= 10
    joined = folded_text(text)[0].translate(dict.fromkeys(map(ord, " -._·")))
    assert result.code in joined


@settings(deadline=None)
@given(any_texts)
def test_answer_stands_in_the_text_whatever_the_text(text: str) -> None:
    check_answer(text, CodeFinder().find(text))


def test_every_character_can_stand_in_a_text() -> None:
    finder = CodeFinder()
    for first in range(0, 0x110000, 900):
        text = "".join(map(chr, range(first, min(first + 900, 0x110000))))
        text = f"code {text} 482910"
        check_answer(text, finder.find(text))


@settings(deadline=None)
@given(any_texts)
def test_pattern_takes_any_text(text: str) -> None:
    patterns = compile_patterns([r"(?i)code (\d{4,10})"])
    CodeFinder().find(text, patterns)


def with_other_digits(text: str, seed: int) -> str:
    source = random.Random(seed)
    return "".join(source.choice("0123456789") if c.isascii() and c.isdigit() else c for c in text)


@settings(max_examples=200, deadline=None)
@given(st.lists(any_texts, min_size=1, max_size=3), st.lists(st.integers(), min_size=2, max_size=6))
def test_cache_never_changes_an_answer(texts: list[str], seeds: list[int]) -> None:
    cached = CodeFinder(cache_entries=4)
    for seed in seeds:
        for text in texts:
            variant = with_other_digits(text, seed)
            assert cached.find(variant) == CodeFinder(cache_entries=0).find(variant)


@pytest.mark.parametrize("text", TEXTS[::9])
def test_template_with_other_digits_is_answered_from_them(text: str) -> None:
    cached = CodeFinder()
    for seed in range(6):
        variant = with_other_digits(text, seed)
        assert cached.find(variant) == CodeFinder(cache_entries=0).find(variant)


def test_same_digits_twice_are_one_code_and_other_digits_are_two() -> None:
    finder = CodeFinder()
    assert finder.find("Code 482910 / code 482910") == CodeFound("482910")
    assert finder.find("Code 482910 / code 482911") == NoCode(NoCodeReason.AMBIGUOUS)
    assert finder.find("Code 771203 / code 771203") == CodeFound("771203")


def test_cache_is_bounded() -> None:
    finder = CodeFinder(cache_entries=16)
    for n in range(200):
        finder.find("Your code is 482910" + "!" * n)
        assert finder.cached_templates <= 16
    assert CodeFinder(cache_entries=0).cached_templates == 0


def test_messages_of_one_template_take_one_place_in_the_cache() -> None:
    finder = CodeFinder()
    for code in ("482910", "771203", "390185"):
        finder.find(f"Your code is {code}")
    assert finder.cached_templates == 1


def steps(text: str) -> int:
    """Count the functions that finding a code calls."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    finder = CodeFinder(cache_entries=0)
    sys.setprofile(profile)
    try:
        finder.find(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "1 ", "12-", "a", "code ", "1.", "1,2", "4 8 2 9 1 0 ", "code 1234 ", "://", "1a"),
        *("1111111111 ", "code is 123456. ", "482910 code ", "+1 415 555 2671 ", "(", "\n", "№1 "),
        *("ref 482910 or code 771203, ", "12/03/2026 14:30 ", "€12.50 ", "not your code 4829 "),
        *("код 482910 ", "验证码482910", "رمزك ٤٨٢٩١٠ ", "a.b/c?d=4829&", "PIN", "\u200b"),
    ],
)
def test_the_work_grows_with_the_text_and_no_faster(unit: str) -> None:
    """A customer's text must not be able to hold up the event loop."""
    short, long = ((unit * 1024)[:length] for length in (128, 1024))
    assert steps(long) <= 12 * steps(short) + 2000
