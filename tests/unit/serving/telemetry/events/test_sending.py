"""Events go to the sinks of the payload log, whatever these are up to."""

import threading
from collections.abc import Sequence

from mainspring.core.errors import UnavailableError
from mainspring.serving.payloads.events import Event
from mainspring.serving.payloads.sinks.options import Http
from mainspring.serving.payloads.sinks.ports import RefusedError
from mainspring.serving.telemetry.events.event import EventKind, ModelEvent
from mainspring.serving.telemetry.events.sending import EventSender, senders

EVENT = ModelEvent(id="1", time=1.0, model="taxi", version="2", kind=EventKind.BLOCKED, request="r").cloud_event()


class Receiver:
    """Takes events, or raises what it is told to."""

    def __init__(self, *errors: Exception, wanted: int = 1) -> None:
        self.errors, self.wanted = list(errors), wanted
        self.got: list[Event] = []
        self.closed, self.done, self.go = False, threading.Event(), threading.Event()
        self.go.set()

    def send(self, events: Sequence[Event]) -> None:
        self.go.wait(10)
        if self.errors:
            raise self.errors.pop(0)
        self.got += events
        if len(self.got) >= self.wanted:
            self.done.set()

    def close(self) -> None:
        self.closed = True


def test_an_event_is_sent_with_its_attributes() -> None:
    receiver = Receiver()
    sender = EventSender(receiver)
    assert sender.emit(EVENT)
    assert receiver.done.wait(10)
    sender.close()
    sender.close()
    [event] = receiver.got
    assert (event.model, event.version, event.part) == ("taxi", "2", "event")
    assert event.attributes["type"] == "io.mainspring.model.event"
    assert event.structured()["subject"] == "r"
    assert b'"kind":"blocked"' in event.data
    assert (sender.sent, sender.dropped, receiver.closed) == (1, 0, True)


def test_a_receiver_that_is_away_is_asked_again() -> None:
    receiver = Receiver(UnavailableError("away"), UnavailableError("away"), wanted=3)
    sender = EventSender(receiver, first_wait=0.001)
    for _ in range(3):
        sender.emit(EVENT)
    assert receiver.done.wait(10)
    sender.close()
    assert (sender.sent, sender.dropped) == (3, 0)


def test_what_is_refused_is_dropped() -> None:
    receiver = Receiver(RefusedError("not wanted"))
    sender = EventSender(receiver)
    receiver.go.clear()
    sender.emit(EVENT)
    receiver.go.set()
    while not sender.dropped:
        threading.Event().wait(0.001)
    sender.emit(EVENT)
    assert receiver.done.wait(10)
    sender.close()
    assert (sender.sent, sender.dropped) == (1, 1)


def test_too_many_waiting_events_push_out_the_oldest() -> None:
    receiver = Receiver(wanted=1000)
    receiver.go.clear()
    sender = EventSender(receiver)
    taken = [sender.emit(EVENT | {"id": str(number)}) for number in range(1300)]
    assert not all(taken)
    receiver.go.set()
    assert receiver.done.wait(10)
    sender.close()
    assert sender.sent + sender.dropped == 1300
    assert receiver.got[-1].attributes["id"] == "1299"


def test_the_end_waits_for_nobody() -> None:
    sender = EventSender(Receiver(*[UnavailableError("away")] * 50), first_wait=100)
    sender.emit(EVENT)
    sender.close()
    assert not sender._thread.is_alive()
    assert (sender.sent, sender.dropped) == (0, 1)


def test_senders_are_made_of_the_options_of_sinks() -> None:
    [sender] = senders([Http(name="x", url="http://127.0.0.1:9/events")])
    sender.emit(EVENT)
    sender.close()
    assert sender.sent == 0
