"""The shell: headers, seals, forms, errors, prefixes, the document of the API."""

from __future__ import annotations

import re
import threading

import pytest

from mainspring.app.accounts import Outcome, Role
from mainspring.app.web.rooms import ROOMS
from mainspring.app.web.static_files import content, names


@pytest.mark.parametrize("path", [page.path for room in ROOMS for page in room.pages if "{" not in page.path])
def test_every_page_without_arguments_answers_on_an_empty_project(using, path):
    """With a page or with what is missing; never with a fault, or with a style or script that is refused."""
    answer = using().client.get(path, headers={"accept": "text/html"})
    assert answer.status_code in (200, 303, 400, 404), answer.text
    if answer.status_code == 200 and "text/html" in answer.headers["content-type"]:
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_pages_carry_the_headers_that_keep_others_out(using):
    answer = using().client.get("/")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_that_is_not_there_says_so_to_people_and_programs(using):
    used = using()
    assert "There is no page /nowhere" in used.page("/nowhere", status=404)
    assert used.get("/nowhere", status=404)["error"]["code"] == "NOT_FOUND"


def test_behind_a_prefix_every_address_has_it(using):
    html = using(root="/console").page("/console/jobs")
    assert 'href="/console/jobs"' in html
    assert 'href="/jobs"' not in html


def test_styles_and_scripts_are_kept_for_good_under_their_digest(using):
    used = using()
    for name in names():
        answer = used.client.get(f"/static/0/{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_scripts_import_each_other_by_the_name_beside_them(using):
    """Under one digest, so that the scripts of two releases are never mixed."""
    used = using()
    assert len(set(re.findall(r"/static/(\w+)/", used.page("/jobs")))) == 1
    for name in names():
        if name.endswith(".js"):
            taken = re.findall(r'(?:from|import) "\./([\w.-]+)"', content(name).decode())
            assert set(taken) <= names(), name


def test_search_leads_somewhere_without_scripts(using):
    html = using().page("/jobs")
    assert 'class="seek" href="/search"' in html
    assert "<noscript>" in html


def test_every_operation_is_in_the_document(using):
    told = using().get("/openapi.json")
    assert told["openapi"] == "3.1.0"
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert {"jobs.list", "jobs.show", "search"} <= {one["operationId"] for one in operations}
    assert all(one["summary"].endswith(".") for one in operations)


def test_forms_of_others_are_refused(using):
    used = using()
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = used.client.post("/act/anything", data={}, headers=headers)
        assert answer.status_code == 403
        assert "another site" in answer.json()["error"]["found"]


def test_the_trail_has_no_entry_for_looking(using):
    used = using(role=Role.VIEWER)
    used.get("/jobs")
    assert [one for one in used.trail.entries if one.outcome is Outcome.DONE] == []


def test_every_template_compiles_before_anybody_asks(using):
    used = using()
    for compile_one in used.console.renderer.pieces():
        compile_one()


def test_a_console_that_is_stopped_prepares_nothing_more(using):
    over = threading.Event()
    using().console.prepare(over, quiet=0.0)
    over.set()
    using().console.prepare(over, quiet=3600.0)
