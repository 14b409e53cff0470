"""The writing half of a connection; most of it is tested with whole connections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime.writing import SessionWriter
from otpblue_trio.session import SmppSession

if TYPE_CHECKING:
    from otpblue_trio.runtime.observer import CloseReason


@pytest.mark.parametrize("runs_already", [True, False])
async def test_an_accident_elsewhere_is_raised_by_the_connection_s_own_task(
    runs_already: bool,
) -> None:
    lost: list[CloseReason] = []
    writer = SessionWriter(
        SmppSession(system_id="X", max_pdu_octets=65536),
        trio.testing.memory_stream_pair()[0],
        timeout=30.0,
        on_lost=lost.append,
        on_sent=lambda: None,
        pump=None,
    )
    accident = ValueError("accident")
    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="accident")):
        async with trio.open_nursery() as nursery:
            writer.spawn = partial(nursery.start_soon, writer.run)
            if runs_already:
                writer.wake()
                await trio.testing.wait_all_tasks_blocked()
            writer.fail(accident)
    assert lost == []
