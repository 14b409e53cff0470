"""The real platform: one send, one HTTP request, at most once.

How it works. `submit` writes straight to a resting connection's socket when there is one, at the
end of a batch (`readiness`) if it is called within one; else the request waits in a bounded queue
while a connection is opened. All sockets are members of the event loop's readiness set; answers are
read in batches, and the outcomes passed on when all are read. A task sleeps until the first
deadline; as all requests get the same time they expire in the order they came, and the task never
needs to be told of a new one: it looks again after at most that time. No task, cancel scope, stream
or event belongs to a single message.

Who calls whom. Outcomes are put on a list and passed to `done` at the end of a batch, when every
connection is in a settled state, so `done` may call `submit`; it is never called from within
`submit` while the client runs. What fails by itself, and what `done` brings about, is passed on
with the next batch: others have their turn between.

At most once. A request of which the kernel took an octet is never sent again, whatever follows. A
request of which it took none goes to another connection, silently when the first one had been in
use before (the platform closes idle connections as it likes), else it fails as CONNECT.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

import trio

from otpblue_trio.http_text import parse_http_url
from otpblue_trio.policy.types import Failed, FailureKind, Outcome, SendRequest
from otpblue_trio.readiness import Batch, ReadySet, current_batch, current_ready_set
from otpblue_trio.upstream.http_addresses import AddressBook
from otpblue_trio.upstream.http_breaker import Breaker
from otpblue_trio.upstream.http_connection import Connection, Exchange
from otpblue_trio.upstream.http_pool import ConnectionPool, Opener, PoolLimits
from otpblue_trio.upstream.http_request import ApiKeyError, RequestEncoder
from otpblue_trio.upstream.http_tls import TlsClient, TlsConnection, make_ssl_context
from otpblue_trio.upstream.outcomes import outcome_of_answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from otpblue_trio.upstream.http_answer import AnswerError, AnswerReader
    from otpblue_trio.upstream.seam import Done

__all__ = ["HttpPlatform"]

_logger = logging.getLogger(__name__)

_NOT_RUNNING = Failed(FailureKind.UNAVAILABLE, detail="platform client not running")
_DOWN = Failed(FailureKind.UNAVAILABLE, detail="platform is down")
_BUSY = Failed(FailureKind.BUSY, detail="too many requests wait for a connection")
_LEAST_TIME = 0.5
"""Seconds that a request must have left when it goes out, or half the timeout if that is less:
nobody would wait for the answer to one with less, and nobody would know what became of it."""
_BAD_KEY = Failed(FailureKind.UNAVAILABLE, detail="API key cannot be sent in a header")


def _log_defect(error: Exception) -> None:
    _logger.error("a callback of the platform client raised", exc_info=error)


def _ignore_state(state: str, detail: str) -> None:
    pass


class HttpPlatform:
    """Sends requests to `POST {url}`; implements `Platform`.

    Args:
      url: `http://` or `https://` address of the send call.
      timeout: seconds from `submit` to the outcome, waiting for a connection included. A request
        that gets its connection in the last half second is not sent any more.
      max_connections: sockets at once.
      ssl_context: verifies an `https` platform; None: the system's authorities.
      max_queue: requests that may wait for a connection; one more is answered BUSY.
      on_state: called with `up`, `down` or `probing` and a reason when the view of the platform
        changes; must be quick.
      on_defect: called with what a `done` or `on_state` raised; None: it is logged. Such a defect
        of the caller costs that one call and nothing else.
      connect_timeout: seconds for one address, TLS handshake included; then the next is tried.
      idle_lifetime: seconds after which a resting connection is closed. Common servers and load
        balancers do it after 60 to 75 s; ending it well before makes it rare that a request meets
        a connection that is just being closed, which would cost that request.
      max_age: seconds after which a connection is not used again, so that a change of addresses
        or of the balance behind them is followed.
      resolve_interval: seconds after which the host name is looked up again; the last good answer
        is used meanwhile.
      down_after_failures: failures in a row (no connection, disconnected, time-out, HTTP 5xx) with
        no answer of the platform between, after which requests are refused as UNAVAILABLE ...
      down_after: ... if the row spans at least so many seconds.
      probe_interval: seconds between two requests let through while down; a good answer to one of
        them ends it.

    Raises:
      ValueError: `url` is no usable address, or a number is out of range.
    """

    def __init__(
        self,
        *,
        url: str,
        ssl_context: ssl.SSLContext | None,
        timeout: float = 10.0,
        max_connections: int = 2000,
        max_queue: int = 10_000,
        on_state: Callable[[str, str], None] | None = None,
        on_defect: Callable[[Exception], None] | None = None,
        connect_timeout: float = 3.0,
        idle_lifetime: float = 25.0,
        max_age: float = 300.0,
        resolve_interval: float = 60.0,
        down_after_failures: int = 20,
        down_after: float = 2.0,
        probe_interval: float = 1.0,
    ) -> None:
        times = (timeout, connect_timeout, idle_lifetime, max_age, resolve_interval, probe_interval)
        if min(times) <= 0 or down_after < 0:
            raise ValueError("platform client: times must be above 0")
        if min(max_connections, max_queue, down_after_failures) < 1:
            raise ValueError("platform client: counts must be 1 or more")
        address = parse_http_url(url)
        self._timeout = timeout
        self._least_time = min(_LEAST_TIME, timeout / 2)
        self._max_queue = max_queue
        self._on_state = on_state or _ignore_state
        self._on_defect = on_defect or _log_defect
        self._encoder = RequestEncoder(address)
        self._addresses = AddressBook(address, refresh=resolve_interval)
        self._breaker = Breaker(
            failures=down_after_failures,
            duration=down_after,
            probe_interval=probe_interval,
            on_state=self._tell_state,
        )
        self._batch = Batch()
        self.ready_set = ReadySet(self._batch)
        open_connection: Opener = partial(Connection, self)
        if address.is_tls:
            tls = TlsClient(ssl_context or make_ssl_context(None), address.host)
            open_connection = partial(TlsConnection, tls, self)
        self._pool = ConnectionPool(
            open_connection,
            PoolLimits(
                max_connections=max_connections,
                connect_timeout=connect_timeout,
                idle_lifetime=idle_lifetime,
                max_age=max_age,
            ),
        )
        self._open: dict[Exchange, None] = {}
        """Requests without an outcome, in the order of their deadlines."""
        self._queue: deque[Exchange] = deque()
        """Those of them that wait for a connection. While one waits no connection rests."""
        self._to_start: list[Exchange] = []
        """Those of them that go out at the end of the batch being handled."""
        self._settled: deque[tuple[Done, Outcome]] = deque()
        """Outcomes on their way to `done`."""
        self._is_delivery_due = False
        self._nursery: trio.Nursery | None = None
        """Set while running."""
        self._has_run = False
        self._is_resolving = False

    @property
    def in_flight(self) -> int:
        """How many submitted requests have no outcome yet."""
        return len(self._open) + len(self._settled)

    @property
    def connections(self) -> int:
        """How many sockets are open or being opened."""
        return len(self._pool)

    def submit(self, request: SendRequest, done: Done, /) -> None:
        """Take one request; its outcome goes to `done`, see `Platform`.

        UNAVAILABLE also answers a request whose API key no header can carry, and everything but the
        probes while the platform is down.
        """
        if self._nursery is None:
            done(_NOT_RUNNING)
            return
        now = self._batch.time()
        try:
            octets = self._encoder.encode(request)
        except ApiKeyError:
            self._settle(done, _BAD_KEY)
            return
        if not self._breaker.admits(now):
            self._settle(done, _DOWN)
            return
        exchange = Exchange(octets, now + self._timeout, done)
        self._open[exchange] = None
        self._to_start.append(exchange)
        if not self._batch.is_on:
            self._start_gathered()
        elif len(self._to_start) == 1:
            self._batch.at_end(self._start_gathered)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve requests until cancelled, see `Platform`.

        Nothing is connected before the first request needs it, so a platform that is down does not
        keep the gateway from starting.

        Raises:
          OSError: no file descriptor is left to start with.
          RuntimeError: called a second time.
        """
        if self._has_run:
            raise RuntimeError("a platform client runs once")
        self._has_run = True
        self._batch = current_batch()
        self.ready_set = current_ready_set()
        with self.ready_set.open(self._open.__len__):
            try:
                async with trio.open_nursery() as nursery:
                    self._nursery = nursery
                    nursery.start_soon(self._expire)
                    task_status.started()
                    try:
                        await self.ready_set.serve()
                    finally:
                        self._nursery = None
            finally:
                self._stop()

    def _settle(self, done: Done, outcome: Outcome) -> None:
        self._settled.append((done, outcome))
        if not self._is_delivery_due:
            self._deliver_by(self.ready_set.in_next_batch)

    def _deliver_by(self, put_off: Callable[[Callable[[], None]], None]) -> None:
        self._is_delivery_due = True
        put_off(self._deliver)

    def _deliver(self) -> None:
        """Pass on the outcomes there are now; what `done` adds waits for the next batch."""
        settled = self._settled
        for _ in range(len(settled)):
            done, outcome = settled.popleft()
            try:
                done(outcome)
            except Exception as error:
                self._on_defect(error)
        self._is_delivery_due = bool(settled)
        if settled and self._nursery is not None:
            self.ready_set.in_next_batch(self._deliver)

    def _stop(self) -> None:
        self._pool.close()
        self._queue.clear()
        for exchange in self._open:
            stopped = Failed(
                FailureKind.UNAVAILABLE,
                may_have_been_sent=exchange.is_sent,
                detail="platform client stopped",
            )
            self._settled.append((exchange.done, stopped))
        self._open.clear()
        self._deliver()

    def _end(self, exchange: Exchange, outcome: Outcome) -> None:
        """Settle an open exchange that stands in no queue."""
        del self._open[exchange]
        self._settle(exchange.done, outcome)

    def _fail(self, exchange: Exchange, kind: FailureKind, detail: str) -> None:
        """End it with a failure of the platform."""
        outcome = Failed(kind, may_have_been_sent=exchange.is_sent, detail=detail)
        self._end(exchange, outcome)
        self._note_failure(f"{kind}, {detail}")

    def _note_failure(self, detail: str) -> None:
        if self._breaker.failed(trio.current_time(), detail):
            while self._queue:
                self._end(self._queue.popleft(), _DOWN)

    def _tell_state(self, state: str, detail: str) -> None:
        try:
            self._on_state(state, detail)
        except Exception as error:
            self._on_defect(error)

    # Told by connections (`Owner`).

    def established(self, connection: Connection) -> None:
        """Give a new connection to the first request that waits."""
        self._pool.established(connection)
        self._addresses.prefer(connection.address)
        self._employ(connection)

    def unreachable(self, connection: Connection, detail: str) -> None:
        """Try the next address; after the last one a waiting request fails for it."""
        self._pool.forget(connection)
        self._addresses.avoid(connection.address)
        detail = f"{connection.address}: {detail}"
        now = trio.current_time()
        if connection.fallbacks and self._queue:
            failure = self._pool.connect(connection.fallbacks, now)
            if failure is None:
                return
            detail = failure.detail
        if self._queue:
            self._fail(self._queue.popleft(), FailureKind.CONNECT, detail)
        self._connect_for_queue(now)

    def answered(self, connection: Connection, exchange: Exchange, reader: AnswerReader) -> None:
        """Settle the exchange and give its connection to the next request."""
        outcome = outcome_of_answer(reader.status, reader.body)
        del self._open[exchange]
        self._settled.append((exchange.done, outcome))
        if not self._is_delivery_due:
            self._deliver_by(
                self._batch.at_end if self._batch.is_on else self.ready_set.in_next_batch
            )
        if not isinstance(outcome, Failed):
            self._breaker.succeeded()
        elif outcome.http_status >= 500:
            self._note_failure(outcome.detail)
        elif outcome.kind is FailureKind.STATUS:
            self._breaker.succeeded()
        now = self.ready_set.now
        if connection.is_closed or self._pool.is_aged(connection, now):
            connection.close()
            self._pool.forget(connection)
            self._connect_for_queue(now)
        else:
            self._employ(connection)

    def failed(
        self, connection: Connection, exchange: Exchange, status: int, error: AnswerError
    ) -> None:
        """Settle an exchange whose answer is none."""
        self._pool.forget(connection)
        outcome = Failed(
            FailureKind.BAD_ANSWER,
            http_status=status,
            may_have_been_sent=True,
            detail=str(error),
        )
        self._end(exchange, outcome)
        if status >= 500:
            self._note_failure(outcome.detail)
        self._connect_for_queue(self.ready_set.now)

    def lost(self, connection: Connection, exchange: Exchange | None, detail: str) -> None:
        """Settle the exchange of a lost connection, or send it elsewhere if nothing went out."""
        self._pool.forget(connection)
        if exchange is not None:
            if exchange.is_sent:
                self._fail(exchange, FailureKind.DISCONNECTED, detail)
            elif connection.is_fresh:
                self._fail(exchange, FailureKind.CONNECT, detail)
            else:
                self._queue.appendleft(exchange)
        self._connect_for_queue(trio.current_time())

    # Connections for requests.

    def _start_gathered(self) -> None:
        """Send the requests of a batch on resting connections, or have some opened for them."""
        pool = self._pool
        gathered, self._to_start = self._to_start, []
        for exchange in gathered:
            connection = pool.take()
            while connection is not None and not connection.start(exchange):
                pool.forget(connection)
                connection = pool.take()
            if connection is None:
                self._let_wait(exchange)

    def _let_wait(self, exchange: Exchange) -> None:
        """Let a request wait for a connection that is opened for it."""
        if len(self._queue) >= self._max_queue:
            self._end(exchange, _BUSY)
            return
        self._queue.append(exchange)
        self._connect_for_queue(trio.current_time())

    def _employ(self, connection: Connection) -> None:
        """Give a free connection to the first request that waits, or let it rest."""
        if self._queue:
            self._give_up_late()
        if not self._queue:
            self._pool.rest(connection, self.ready_set.now)
            return
        if not connection.is_fresh and not connection.is_fit():
            return
        exchange = self._queue.popleft()
        if not connection.start(exchange):
            self.lost(connection, exchange, "closed before the request")

    def _give_up_late(self) -> None:
        """Give up waiting requests that have hardly any time left."""
        latest = self.ready_set.now + self._least_time
        while self._queue and self._queue[0].deadline < latest:
            self._fail(self._queue.popleft(), FailureKind.TIMEOUT, "no connection in time")

    def _connect_for_queue(self, now: float) -> None:
        if not self._queue:
            return
        if self._addresses.is_due(now) and not self._is_resolving and self._nursery is not None:
            self._is_resolving = True
            self._nursery.start_soon(self._resolve)
        while self._pool.wants_attempt(len(self._queue)):
            addresses = self._addresses.candidates()
            if not addresses:
                return
            failure = self._pool.connect(addresses, now)
            if failure is None:
                continue
            if failure.is_ours and len(self._pool):
                # The connections that there are will carry what waits.
                return
            self._fail(self._queue.popleft(), FailureKind.CONNECT, failure.detail)

    async def _resolve(self) -> None:
        detail = await self._addresses.look_up()
        self._is_resolving = False
        if not self._addresses.candidates():
            while self._queue:
                self._fail(self._queue.popleft(), FailureKind.CONNECT, detail)
        self._connect_for_queue(trio.current_time())

    # Time.

    async def _expire(self) -> None:
        while True:
            now = trio.current_time()
            await trio.sleep_until(min(self._expire_requests(now), self._pool.expire(now)))

    def _expire_requests(self, now: float) -> float:
        """Give up what is over its deadline; return when to look again."""
        for exchange in list(takewhile(lambda exchange: exchange.deadline <= now, self._open)):
            if exchange not in self._open:
                continue  # the breaker, which one before it has opened, has settled it
            if exchange.connection is not None:
                # The answer may be there, and nobody had the time to read it.
                exchange.connection.look()
                if exchange not in self._open:
                    continue
            connection = exchange.connection
            if connection is None:
                self._queue.remove(exchange)
            else:
                # A late answer must find nobody who could take it for another's.
                connection.close()
                self._pool.forget(connection)
            self._fail(exchange, FailureKind.TIMEOUT, f"no answer within {self._timeout:g} s")
        self._connect_for_queue(now)
        for exchange in self._open:
            return exchange.deadline
        return now + self._timeout
