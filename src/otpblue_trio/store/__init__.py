"""Receipts and call detail records that survive the process (SQLite)."""

from otpblue_trio.store.cdrs import CdrQuery, find_cdrs, read_cdrs
from otpblue_trio.store.files import find_key
from otpblue_trio.store.numbers import NumberPrivacy, kept_spellings
from otpblue_trio.store.records import CdrEntry, StoredReceipt, StoreError
from otpblue_trio.store.store import Store

__all__ = [
    "CdrEntry",
    "CdrQuery",
    "NumberPrivacy",
    "Store",
    "StoreError",
    "StoredReceipt",
    "find_cdrs",
    "find_key",
    "kept_spellings",
    "read_cdrs",
]
