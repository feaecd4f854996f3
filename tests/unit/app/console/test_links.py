"""No page has a link that leads nowhere, or out of the prefix under which a proxy shows the console."""

import re
from collections import deque
from html.parser import HTMLParser

import pytest
from tests.unit.app.console.monitoring_project import made

from mainspring.app.web.rooms import ROOMS

ROOT = "/tools/ml"
MOST = 150
"""Pages that are looked at, two of each kind at most: those of one kind have the same links."""


class Links(HTMLParser):
    """The addresses within a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [
            (tag, value)
            for name, value in attrs
            if name in ("href", "src", "action", "data-from", "data-source", "data-facts") and value
        ]


def kind_of(address):
    """An address without the figures and values in it."""
    return re.sub(r"=[^&]*", "=", re.sub(r"[0-9a-f]{8}|\d+(\.\d+)?", "#", address))


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return made(tmp_path_factory.mktemp("links"))


def test_every_link_leads_to_a_page_below_the_prefix(using, watched):
    used = using(watched, root=ROOT)
    ahead = deque([(f"{ROOT}{page.path}", "") for room in ROOMS for page in room.pages if "{" not in page.path])
    kinds, asked, broken = {}, set(), []
    while ahead and len(asked) < MOST:
        address, source = ahead.popleft()
        kinds[kind_of(address)] = kinds.get(kind_of(address), 0) + 1
        if address in asked or kinds[kind_of(address)] > 2:
            continue
        asked.add(address)
        answer = used.client.get(address, headers={"accept": "text/html"})
        unregistered = address.startswith(f"{ROOT}/models/")  # the project watches a model that was made elsewhere
        if source and answer.status_code >= 400 and not unregistered:
            broken.append((answer.status_code, address, source))
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
            continue
        for tag, found in Links(answer.text).found:
            if not found.startswith("/"):
                assert not re.match(r"(?i)\s*(javascript|vbscript):", found), (found, address)
            elif not found.startswith(f"{ROOT}/") or found.startswith(f"{ROOT}{ROOT}"):
                broken.append(("out of the prefix", found, address))
            elif tag != "form" and "/static/" not in found:
                ahead.append((found.partition("#")[0], address))
    assert broken == []


def test_the_prefix_alone_leads_to_the_first_page(using):
    answer = using(root=ROOT).client.get(ROOT)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/")
