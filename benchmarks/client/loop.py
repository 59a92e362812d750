"""Many connections from one thread: each sends its next request as soon as the answer before is complete."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

BUFFER = 1 << 19
PATIENCE = 120.0


@dataclass(slots=True)
class Measured:
    """All answers of some turns: how long each took, for how long was asked, what went wrong."""

    durations: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)
    bytes: int = 0
    busy: float = 0.0
    """processor seconds of the client itself"""

    def add(self, other: Measured) -> None:
        self.durations += other.durations
        self.seconds += other.seconds
        self.errors += other.errors
        self.bytes += other.bytes
        self.busy += other.busy

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.durations) / self.seconds if self.seconds else 0.0

    def milliseconds(self, percent: float) -> float:
        """How long so many percent of the answers took at most."""
        ordered = sorted(self.durations)
        if not ordered:
            return float("nan")
        place = (len(ordered) - 1) * percent / 100
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return (ordered[low] + (ordered[high] - ordered[low]) * (place - low)) * 1000

    @property
    def size(self) -> int:
        """Bytes of an answer, on average."""
        return self.bytes // len(self.durations) if self.durations else 0


def ask_for(
    ports: Sequence[int],
    requests: Sequence[Iterator[bytes]],
    seconds: float,
    *,
    status: int = 200,
    most: int | None = None,
) -> Measured:
    """Ask for so long, with as many connections as there are sources of requests.

    Connections are spread over the ports. It ends early when the sources run dry or after `most` answers.
    """
    measured = Measured()
    buffer = memoryview(bytearray(BUFFER))
    expected = f"HTTP/1.1 {status} ".encode()
    busy = time.process_time()
    start = time.perf_counter()
    end = start + seconds
    with selectors.DefaultSelector() as selector:
        for number, source in enumerate(requests):
            exchange = _Exchange(ports[number % len(ports)], source)
            selector.register(exchange.socket, selectors.EVENT_READ, exchange)
            if not exchange.send_next(selector):
                selector.unregister(exchange.socket)
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError(f"no answer within {PATIENCE:g} s")
            for key, events in ready:
                one: _Exchange = key.data
                if events & selectors.EVENT_WRITE:
                    one.write(selector)
                if not events & selectors.EVENT_READ or not one.read(buffer, measured, expected):
                    continue
                enough = most is not None and len(measured.durations) >= most
                if enough or time.perf_counter() >= end or not one.send_next(selector):
                    selector.unregister(one.socket)
                    one.socket.close()
    # Until the last answer: each of them counts with all of its time.
    measured.seconds = time.perf_counter() - start
    measured.busy = time.process_time() - busy
    return measured


class _Exchange:
    """One connection with the request that is on its way."""

    def __init__(self, port: int, source: Iterator[bytes]) -> None:
        self._port = port
        self._source = source
        self.socket = self._connected()
        self._unsent = memoryview(b"")
        self._head = b""
        self._missing = -1
        self._begun = 0.0

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        return made

    def send_next(self, selector: selectors.BaseSelector) -> bool:
        request = next(self._source, None)
        if request is None:
            return False
        self._unsent = memoryview(request)
        self._head, self._missing = b"", -1
        self._begun = time.perf_counter()
        self.write(selector)
        return True

    def write(self, selector: selectors.BaseSelector) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            selector.modify(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)
        else:
            selector.modify(self.socket, selectors.EVENT_READ, self)

    def read(self, buffer: memoryview, measured: Measured, expected: bytes) -> bool:
        """Take what there is; whether the answer is complete."""
        try:
            count = self.socket.recv_into(buffer)
        except BlockingIOError:
            return False
        if count == 0:
            raise ConnectionError("the server closed a connection in the middle of an answer")
        measured.bytes += count
        if self._missing < 0:
            self._head += bytes(buffer[:count])
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._missing = _content_length(self._head[:end]) + end + 4 - len(self._head)
        else:
            self._missing -= count
        if self._missing > 0:
            return False
        measured.durations.append(time.perf_counter() - self._begun)
        if not self._head.startswith(expected):
            measured.errors.append(self._head[:600].decode("utf-8", "replace"))
        return True


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without length: {head[:200]!r}")
