"""Whoever is signed out in the middle of a form goes on where they were, with or without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.accounts.keeping import Accounts, accounts_of
from mainspring.app.web.starting import console_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "a row of small green hills"
SETTINGS = '[project]\nname = "hills"\n[console]\nsign_in = "accounts"\n'


@dataclass
class Door:
    """A console that asks people to sign in, and the accounts behind it."""

    url: str
    accounts: Accounts

    def enter(self, page: Page, name: str) -> None:
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/")

    def throw_out(self, name: str) -> None:
        self.accounts.directory.sign_out(name, by="test")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    (tmp_path / "mainspring.toml").write_text(SETTINGS, encoding="utf-8")
    with platform.open(tmp_path) as opened:
        accounts = accounts_of(opened)
        hashed = accounts.passwords.hash(PASSWORD)
        for name, role in (("ada", Role.ADMIN), ("eve", Role.VIEWER)):
            accounts.directory.add(name, role, hashed=hashed, by="test")
        with console_at(opened, port=0) as url:
            yield Door(url, accounts)


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1200, "height": 800})
    yield made
    made.close()


def thrown_out(window: BrowserContext, door: Door) -> Page:
    """A form for a new token, with something typed into it by ada, who is signed out meanwhile."""
    page = window.new_page()
    door.enter(page, "ada")
    page.goto(f"{door.url}/users/tokens")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("What it is for").fill("the export of every night")
    door.throw_out("ada")
    return page


@pytest.mark.slow
def test_a_form_is_sent_once_its_writer_is_back(door: Door, window: BrowserContext) -> None:
    page = thrown_out(window, door)
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("You are signed out.").wait_for()
    assert page.get_by_label("What it is for").input_value() == "the export of every night"
    assert door.accounts.tokens.all() == []
    door.enter(window.new_page(), "ada")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("Here is the token").wait_for()
    assert [one.label for one in door.accounts.tokens.all()] == ["the export of every night"]


@pytest.mark.slow
def test_a_form_is_not_sent_in_the_name_of_somebody_else_unasked(door: Door, window: BrowserContext) -> None:
    page = thrown_out(window, door)
    door.enter(window.new_page(), "eve")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("You are signed in as eve now").wait_for()
    assert door.accounts.tokens.all() == []


@pytest.mark.slow
def test_without_a_script_what_was_typed_is_shown(door: Door, browser: Browser) -> None:
    window = browser.new_context(java_script_enabled=False)
    page = window.new_page()
    door.enter(page, "ada")
    page.goto(f"{door.url}/users/tokens")
    page.locator("[name=label]").fill("the export of every night", force=True)
    door.throw_out("ada")
    page.get_by_role("button", name="Make it").click(force=True)
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.get_by_label("label").input_value() == "the export of every night"
    page.get_by_role("link", name="Sign in").click()
    assert page.url == f"{door.url}/sign-in?then=%2Fusers%2Ftokens"
    window.close()
