"""Explanations tell what was decided and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound, compile_patterns

TEXTS = [
    json.loads(line)["text"]
    for line in Path(__file__).with_name("otp_messages.jsonl").read_text("utf-8").splitlines()
]


def test_explanation_has_the_answer_of_find() -> None:
    finder = CodeFinder()
    for text in TEXTS:
        explanation = finder.explain(text)
        assert explanation.result == finder.find(text)
        assert explanation.render()


def test_explanation_tells_candidates_masks_and_words() -> None:
    explanation = CodeFinder().explain("Order 88120394 of $45.10: your code is 482910")
    assert isinstance(explanation.result, CodeFound)
    assert {note.digits for note in explanation.candidates} == {"88120394", "482910"}
    assert explanation.candidates[0].digits == "482910"
    assert [(note.text, note.kind) for note in explanation.masked] == [("45.10", "amount")]
    assert ("code", "code") in [(note.text, note.kind) for note in explanation.keywords]
    rendered = explanation.render()
    for part in ("code: 482910", "decided by: context", "88120394", "'45.10' (amount)"):
        assert part in rendered


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("482910", "digits only"),
        ("Hi\n@a.example #482910", "domain line"),
        ("Your code is 482910", "context"),
        ("1 " * 300, "too many numbers"),
        ("x" * 1025, "too long"),
    ],
)
def test_explanation_tells_what_decided(text: str, rule: str) -> None:
    assert CodeFinder().explain(text).rule == rule


def test_explanation_names_the_pattern_that_matched() -> None:
    patterns = compile_patterns([r"x(\d+)", r"is (\d+)"])
    explanation = CodeFinder().explain("Your code is 482910", patterns)
    assert explanation.rule == "pattern 1"
    assert "482910" in explanation.render()


def test_refusal_is_rendered_with_its_reason() -> None:
    assert "no code: ambiguous" in CodeFinder().explain("Codes 448120 and 991822").render()


def test_repr_shows_neither_text_nor_code() -> None:
    assert "482910" not in repr(CodeFinder().explain("Your code is 482910"))
