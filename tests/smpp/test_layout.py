"""The layout table agrees with the PDU classes."""

import attrs
import pytest

from otpblue_trio.smpp.constants import RESPONSE_BIT, CommandId
from otpblue_trio.smpp.layout import LAYOUTS, Kind, Layout

each_layout = pytest.mark.parametrize(
    "layout", LAYOUTS.values(), ids=lambda layout: layout.pdu_type.__name__
)


def test_table_has_every_operation() -> None:
    assert set(LAYOUTS) == set(CommandId)


@each_layout
def test_layout_has_the_fields_of_its_class(layout: Layout) -> None:
    names = {field.name for field in attrs.fields(layout.pdu_type)}
    expected = {"sequence_number", "command_status", *(field.name for field in layout.fields)}
    assert names == expected | ({"tlvs"} if layout.has_tlvs else set())


@each_layout
def test_responses_are_known_by_their_command_id(layout: Layout) -> None:
    assert layout.is_response == bool(layout.pdu_type.command_id & RESPONSE_BIT)


@each_layout
def test_the_message_text_is_the_last_field(layout: Layout) -> None:
    assert Kind.SHORT_MESSAGE not in [field.kind for field in layout.fields[:-1]]
