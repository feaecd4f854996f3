"""Messages on their way: real HTTP and real SMTP."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.signing import verify
from mainspring.monitoring.alerts import Alert, AlertBook, AlertOptions, Destination, Severity, State
from mainspring.monitoring.alerts.messages import SCHEMA, Told, message_of
from mainspring.monitoring.alerts.sending import attempt
from mainspring.monitoring.alerts.webhook_sender import send


def message(**more):
    given = {
        "id": "1a2b3c4d",
        "model": "census",
        "version": "3",
        "check": "drift",
        "code": "DRIFT",
        "subject": "age",
        "state": State.FIRING,
        "severity": Severity.CRITICAL,
        "since": 0.0,
        "began": 0.0,
        "opened": 1.0,
        "last_seen": 2.0,
        "message": "age is <far> away",
        "value": 0.3,
        "limit": 0.1,
        **more,
    }
    return message_of([Told(alert=Alert(**given), happened=("fired",))], name="census-n1", model="census", at=5.0)


class Mailbox:
    """A server that speaks as much SMTP as it takes to be sent a mail."""

    def __init__(self):
        self.mails = []
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self._say("220 ready")
                while line := self.rfile.readline().strip():
                    verb = line.split()[0].upper()
                    if verb == b"EHLO":
                        self._say("250-localhost", "250 8BITMIME")
                    elif verb == b"DATA":
                        self._say("354 go on")
                        mailbox.mails.append(self._data())
                        self._say("250 taken")
                    elif verb == b"QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("250 fine")

            def _data(self):
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                return email.message_from_bytes(b"".join(lines), policy=email.policy.default)

            def _say(self, *lines):
                self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def mailbox():
    made = Mailbox()
    yield made
    made.close()


def test_json_is_posted_in_its_documented_form(receiver):
    send(receiver.url, message())
    [(path, headers, body)] = receiver.got
    assert (path, headers["webhook-id"], headers["content-type"]) == ("/hook", "census-n1", "application/json")
    assert "webhook-signature" not in headers
    told = json.loads(body)
    assert (told["schema"], told["id"], told["status"], told["severity"]) == (
        SCHEMA,
        "census-n1",
        "firing",
        "critical",
    )
    [alert] = told["alerts"]
    assert (alert["id"], alert["figure"], alert["value"], alert["happened"]) == (
        "1a2b3c4d",
        "drift/age",
        0.3,
        ["fired"],
    )


def test_what_is_signed_can_be_verified_and_a_password_is_no_part_of_the_address(receiver):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    url = receiver.url.replace("http://", "json+http://ann:s%20t@")
    send(url, message(), secret=secret)
    [(path, headers, body)] = receiver.got
    verify(headers, body, secret)
    with pytest.raises(InputError, match="does not fit"):
        verify(headers, body + b" ", secret)
    assert headers["authorization"] == "Basic YW5uOnMgdA=="
    assert path == "/hook"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_is_an_error(receiver, status):
    receiver.statuses = [status]
    with pytest.raises(UnavailableError, match=f"status {status}"):
        send(receiver.url, message())
    assert len(receiver.got) == 1


def test_nobody_there_is_an_error_and_no_address_too(receiver):
    with pytest.raises(UnavailableError, match="does not answer"):
        send("http://127.0.0.1:9/", message())
    with pytest.raises(InputError, match="no address"):
        send("https://", message())


def test_a_book_sends_over_http_and_tries_again(tmp_path, clock, window, judged, receiver):
    book, options = AlertBook(tmp_path / "alerts", clock=clock), AlertOptions(to=(receiver.url,))
    receiver.statuses = [503]
    book.take("census", "1", window(0), {"drift": judged({"age": 0.3})}, options)
    assert [one.ok for one in book.deliver("census", options)] == [False]
    clock.at += 30
    assert [one.ok for one in book.deliver("census", options)] == [True]
    ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert ids == [ids[0]] * 2


def test_secrets_come_from_the_environment_and_are_told_to_nobody(receiver, monkeypatch, caplog):
    monkeypatch.setenv("HOOK_TOKEN", "tok/4711-secret")
    destination = Destination(url=receiver.url + "/${HOOK_TOKEN}")
    assert attempt(destination, message()) == ""
    assert receiver.got[0][0] == "/hook/tok/4711-secret"
    receiver.statuses = [500]
    error = attempt(destination, message())
    assert "status 500" in error
    monkeypatch.delenv("HOOK_TOKEN")
    error += attempt(destination, message())
    assert "export HOOK_TOKEN=…" in error
    assert "4711" not in error + caplog.text
    assert "env:NOT_THERE" in attempt(Destination(url=receiver.url, secret="env:NOT_THERE"), message())


def test_mail_comes_as_html_and_as_text(mailbox):
    pytest.importorskip("apprise", reason="Apprise is an extra: pip install 'mainspring[alerts]'")
    url = f"mailto://127.0.0.1:{mailbox.port}?from=watch@example.org&to=ann@example.org&mode=insecure"
    assert attempt(Destination(url=url), message()) == ""
    [mail] = mailbox.mails
    assert mail["subject"] == "[critical] census: drift of age fires"
    assert "ann@example.org" in mail["to"]
    html = mail.get_body(("html",)).get_content()
    assert "<b>drift of census: age fires</b>" in html
    assert "age is &lt;far&gt; away" in html
    assert "now 0.3, limit 0.1" in mail.get_body(("plain",)).get_content()


def test_an_address_that_apprise_does_not_know_and_one_that_does_not_answer(mailbox):
    pytest.importorskip("apprise", reason="Apprise is an extra: pip install 'mainspring[alerts]'")
    assert "does not understand" in attempt(Destination(url="pigeon://loft"), message())
    url = "mailto://127.0.0.1:9?from=watch@example.org&to=ann@example.org&mode=insecure"
    error = attempt(Destination(url=url), message())
    assert error
    assert "ann@example.org" not in error


def test_slack_gets_markdown(receiver, monkeypatch):
    pytest.importorskip("apprise", reason="Apprise is an extra: pip install 'mainspring[alerts]'")
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", receiver.url)
    assert attempt(Destination(url="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"), message()) == ""
    [(_, _, body)] = receiver.got
    text = json.dumps(json.loads(body))
    assert "drift of census: age fires" in text
    assert "mainspring alerts ack 1a2b3c4d" in text
