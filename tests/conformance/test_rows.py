"""The conformance table: what an ESME may do, and that every row of it is held by a test here.

A test says which rows it holds by `@pytest.mark.row(number)`; the facts about deployed clients that
follow the table are rows 104 and on.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

CLAIMS = {
    1: "bind_transceiver with a good login",
    2: "bind_transmitter, bind_receiver with a good login",
    3: "interface_version 0x34 or 0x50: the response says 0x34",
    4: "interface_version up to 0x33: no TLVs, then or later",
    5: "wrong password, unknown system_id: 0x0E for both, alike in every octet",
    6: "an address that is not allowed: 0x0D, whatever the password",
    7: "a blocked address: 0x0D without a password check",
    8: "ten failures block; free after 15 minutes",
    9: "binds pipelined in one write: one credential check at a time",
    10: "second bind while bound: 0x05, nothing changes",
    11: "bind while the first is pending: queued, then 0x05",
    12: "fields of a bind over their limits: 0x0E or 0x0D, close",
    13: "bind with an empty body or without NUL: an error, close",
    14: "bind and submit_sm in one segment",
    15: "submit_sm before the bind: 0x04, stays",
    16: "enquire_link before the bind: answered, gains no time",
    17: "unbind before the bind: answered, close",
    18: "silence or half a header: close at 30 s",
    19: "TLS connection without a handshake: the same deadline, counted in the cap",
    20: "one connection above the cap: closed at once; a freed slot is usable at once",
    21: "command_length below 16: generic_nack 0x02, close",
    22: "command_length too large: generic_nack 0x02 without buffering, close",
    23: "other protocols on the port: as 22",
    24: "stall in mid-PDU: close",
    25: "any split of the stream: the same answers",
    26: "unknown request: generic_nack 0x03",
    27: "unknown response: ignored, counted",
    28: "response to nothing: ignored",
    29: "deliver_sm, outbind, alert_notification from an ESME",
    30: "data_sm works as submit_sm",
    31: "submit_multi fails, query_sm tells the state",
    32: "cancel_sm 0x11, replace_sm 0x13",
    33: "29 to 32 unbound or as receiver: 0x04",
    34: "submit_sm as receiver: 0x04",
    35: "enquire_link is answered",
    36: "enquire_link with extra octets is answered",
    37: "command_status of a request is not looked at",
    38: "any sequence_number is echoed",
    39: "our own sequence numbers: 1 to 0x7FFFFFFF, unique among the outstanding",
    40: "one sequence_number twice in flight: both answered",
    41: "a fast request is answered before a slow one",
    42: "delivered: 0 and a message_id",
    43: "platform 150, 280: 0x45, header-only",
    44: "platform 720, HTTP 429, TPS: 0x58",
    45: "platform 1600, 1800, 1900, 1155: 0x0B",
    46: "platform 1205, 1210, 1215: 0x01",
    47: "other codes, no usable answer: 0x08",
    48: "platform 1220, 1225: 0x0A",
    49: "no code, 3 or 11 digits, empty text: 0x01",
    50: "the right code or 0x01, never another number",
    51: "512 octets accepted, 513 not",
    52: "message_payload with sm_length 0 is a short_message",
    53: "short_message and message_payload: 0x01, not sent",
    54: "a body that is broken: an error, the link kept, never delivered",
    55: "sm_length one short: an error or accepted, the link kept",
    56: "unknown, vendor and repeated TLVs: ignored",
    57: "TLV past the end, 1 to 3 trailing octets: ignored or 0xC0, 0xC2",
    58: "known TLV of a wrong size: 0xC2, the link kept",
    59: "times: 0x61, 0x62, the link kept",
    60: "destination empty, too long, letters, TON 5: 0x0B",
    61: "destination with plus, without, with 00 (TON 1): accepted",
    62: "national destination: default_region, else 0x0B",
    63: "TON 0 with full E.164: accepted",
    64: "alphanumeric source: the sender",
    65: "numeric or empty source: the default sender",
    66: "alphanumeric source of 12-20, 21 and more characters",
    67: "any TON and NPI in binds and sources: accepted",
    68: "alphabets: the code is found",
    69: "UCS-2 of odd length, little-endian, with a mark: 0x01 or tolerant",
    70: "binary and unassigned data codings: ASCII digits or 0x01",
    71: "parts by user data header: one call, one answer for all",
    72: "parts by sar_* parameters: likewise",
    73: "a part that never comes: 0x01, memory bounded",
    74: "UDHI with a length past the end: 0x01, the link kept",
    75: "registered_delivery 0: no receipt",
    76: "01, delivered: one receipt behind the response",
    77: "10, delivered: none",
    78: "11: on success only",
    79: "bits 2 to 4: ignored",
    80: "failure told in the response: no receipt",
    81: "failure told by receipt: UNDELIV",
    82: "the fields of a receipt",
    83: "submitted by a transmitter: the receipt goes to a receiver",
    84: "no receiver bound: the receipt waits for one",
    85: "session lost before deliver_sm_resp: the receipt goes to the next",
    86: "receipt refused or never answered: bounded retries",
    87: "receipts never acknowledged: the session still submits",
    88: "client that never reads: closed by the write deadline",
    89: "too many in flight: 0x58 at once",
    90: "unbind with messages in flight: all answered, then unbind_resp",
    91: "half-close with messages in flight: results written, then close",
    92: "reset with messages in flight: outcomes observed, receipt queued",
    93: "90 s without a request: unbind, close",
    94: "24 h: drain, unbind, close",
    95: "SIGTERM: listeners first, drain, unbind, exit 0",
    96: "unbind_resp: close at once",
    97: "TPS: a bucket of one second, shared by sessions, not by accounts",
    98: "account changed, disabled or removed at run time",
    99: "TLS 1.1 refused, 1.2 and 1.3 spoken",
    100: "certificate replaced: new handshakes use it, old sessions live",
    101: "PROXY header trusted, untrusted, slow",
    102: "100,000 random frames: alive, nothing left behind",
    103: "logs and metrics: no secrets, bounded labels, sums that add up",
    104: "errors are header-only, but query_sm, data_sm, submit_multi have a body",
    105: "receipted_message_id ends in NUL; one message_id of at most 64 everywhere; short ids",
    106: "receipt text: eight keys in order, 10-digit dates, 7 letters, 3 characters",
    107: "the same message in flight joins; delivered, it answers for duplicate_window",
    108: "TPS: long messages count once, fractions, 0, no limit",
    109: "port scanners: nack or close, one line in the log",
    110: "any body is accepted in responses",
    111: "default_alphabet: digits survive any choice",
    112: "200 pipelined binds do not try 200 passwords; the address goes first",
    113: "no metric label holds text of an unauthenticated bind",
}


def rows_of(call: ast.expr) -> list[int]:
    """Return the rows that an expression marks a test with."""
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "pytest.mark.row":
        return []
    return [ast.literal_eval(argument) for argument in call.args]


@cache
def marked_rows() -> dict[str, list[int]]:
    """Return the rows of every test in this folder, by file and name."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for test in ast.parse(path.read_text()).body:
            if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                rows = [row for call in test.decorator_list for row in rows_of(call)]
                if rows:
                    found[f"{path.name}::{test.name}"] = rows
    return found


def test_the_table_has_no_gap() -> None:
    assert list(CLAIMS) == list(range(1, 114))


@pytest.mark.parametrize("row", CLAIMS)
def test_every_row_is_held_by_a_test(row: int) -> None:
    assert any(row in rows for rows in marked_rows().values()), CLAIMS[row]


def test_every_mark_is_on_a_test_and_names_a_row() -> None:
    for test, rows in marked_rows().items():
        assert test.partition("::")[2].startswith("test_")
        assert set(rows) <= set(CLAIMS), test
