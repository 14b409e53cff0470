"""Receipts and call detail records that survive the process (SQLite)."""

from otpblue_trio.store.cdrs import read_cdrs
from otpblue_trio.store.numbers import NumberPrivacy
from otpblue_trio.store.records import CdrEntry, StoredReceipt, StoreError
from otpblue_trio.store.store import Store

__all__ = [
    "CdrEntry",
    "NumberPrivacy",
    "Store",
    "StoreError",
    "StoredReceipt",
    "read_cdrs",
]
