"""Guessing is slowed down, and never keeps the owner out."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from eoscperf.plugins.accounts.people import throttle
from tests.plugins.accounts.people.conftest import PASSWORD, fault_of

WRONG = "not the right words at all"


def guesses(browser, email):
    """How many guesses a browser has until it is refused."""
    tries = 0
    while tries < 200 and browser.log_in(email, WRONG, status="*").status_int == 422:
        tries += 1
    return tries


class TestGuessing:
    def test_is_over_for_a_while_after_ten_tries(self, installation, browser):
        person = installation.someone()
        assert guesses(browser, person.email) == 10
        refused = browser.log_in(person.email, PASSWORD, status=429)
        assert "Try again in 15 minutes" in fault_of(refused)
        assert 0 < int(refused.headers["Retry-After"]) <= 900
        installation.wait(minutes=15)
        browser.log_in(person.email)

    def test_does_not_begin_anew_with_another_browser_in_the_same_network(self, installation):
        person = installation.someone()
        assert guesses(installation.browser("192.0.2.1"), person.email) == 10
        assert guesses(installation.browser("192.0.2.1"), person.email) == 0

    def test_counts_a_network_of_the_new_internet_protocol_as_one(self, installation):
        person = installation.someone()
        assert guesses(installation.browser("2001:db8:1:2::1"), person.email) == 10
        assert guesses(installation.browser("2001:db8:1:2:ffff::9"), person.email) == 0
        assert guesses(installation.browser("2001:db8:1:3::1"), person.email) == 10

    def test_of_many_accounts_is_over_too(self, installation, browser, monkeypatch):
        monkeypatch.setattr(throttle, "PER_NETWORK", 12)
        tried = [browser.log_in(f"nobody-{n}@example.org", WRONG, status="*").status_int for n in range(13)]
        assert tried == [422] * 12 + [429]

    def test_is_not_paid_for_by_logging_in_to_an_account_of_ones_own(self, installation, monkeypatch):
        """Else every tenth try would be a right one, and there would be no end."""
        monkeypatch.setattr(throttle, "PER_NETWORK", 12)
        mine, victim = installation.someone(), installation.someone()
        network = "192.0.2.99"
        for _ in range(12):
            attacker = installation.browser(network)
            assert attacker.log_in(mine.email).status_int == 303
            attacker.log_in(victim.email, WRONG, status="*")
        assert installation.browser(network).log_in(victim.email, WRONG, status=429)

    def test_in_parallel_is_counted_before_it_is_checked(self, installation, browser, monkeypatch):
        person = installation.someone()
        passwords = installation.registry["accounts.passwords"]
        seen = []
        verify = passwords.verify

        def looked_at(stored, password):
            with installation.engine.connect() as connection:
                total = sa.text("SELECT max(count) FROM accounts_tries WHERE count < 100")
                seen.append(connection.execute(total).scalar())
            return verify(stored, password)

        monkeypatch.setattr(passwords, "verify", looked_at, raising=False)
        browser.log_in(person.email, WRONG, status=422)
        assert seen[0] >= 1


class TestTheOwner:
    def test_logs_in_from_a_known_browser_whatever_others_do(self, installation):
        person = installation.someone()
        owner = installation.browser("198.51.100.7")
        owner.log_in(person.email)
        owner.post("/accounts/logout")
        attacker = installation.browser("198.51.100.7")
        assert guesses(attacker, person.email) == 10
        owner.log_in(person.email)

    def test_logs_in_from_another_network_whatever_others_do(self, installation):
        person = installation.someone()
        assert guesses(installation.browser(), person.email) == 10
        installation.browser().log_in(person.email)

    def test_logs_in_while_a_thousand_networks_guess(self, installation, monkeypatch):
        monkeypatch.setattr(throttle, "MANY", 20)
        person = installation.someone()
        known = installation.browser()
        known.log_in(person.email)
        known.post("/accounts/logout")
        tries = [guesses(installation.browser(), person.email) for _ in range(4)]
        assert tries == [10, 10, 3, 3]
        known.log_in(person.email)
        installation.browser().log_in(person.email)

    def test_may_log_in_from_new_browsers_again_and_again_meanwhile(self, installation, monkeypatch):
        monkeypatch.setattr(throttle, "MANY", 20)
        person = installation.someone()
        for _ in range(3):
            guesses(installation.browser(), person.email)
        for _ in range(5):
            installation.browser("203.0.113.77").log_in(person.email)

    def test_may_mistype_from_a_known_browser_too_but_not_for_ever(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        browser.post("/accounts/logout")
        assert guesses(browser, person.email) == 20
        # Somebody who has taken the device is no better off than that; the others are not held back.
        installation.browser().log_in(person.email)

    def test_does_not_use_up_tries_by_logging_in(self, installation, browser):
        person = installation.someone()
        for _ in range(12):
            installation.browser("203.0.113.5").log_in(person.email)
        assert guesses(installation.browser("203.0.113.5"), person.email) == 10


class TestAKnownBrowser:
    def test_is_known_to_one_account_only(self, installation, browser):
        mine, victim = installation.someone(), installation.someone()
        browser.log_in(mine.email)
        assert guesses(browser, victim.email) == 10

    def test_cannot_be_made_up(self, installation, browser):
        person = installation.someone()
        browser.app.set_cookie("eoscperf_device", "x" * 43)
        assert guesses(browser, person.email) == 10

    def test_is_forgotten_after_a_year(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email)
        installation.wait(days=366)
        assert guesses(browser, person.email) == 10


class TestTheCounts:
    def test_name_nobody_in_the_database(self, installation, browser):
        person = installation.someone()
        browser.log_in(person.email, WRONG, status=422)
        with installation.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT key_digest FROM accounts_tries")).scalars().all()
        assert rows
        assert all(len(row) == 64 and person.email not in row for row in rows)

    def test_are_the_same_for_all_processes(self, installation):
        from tests.plugins.accounts.people.conftest import Installation

        person = installation.someone()
        assert guesses(installation.browser("192.0.2.55"), person.email) == 10
        other = Installation(installation.url, installation.settings["var"])
        try:
            other.now = installation.now
            assert guesses(other.browser("192.0.2.55"), person.email) == 0
        finally:
            other.close()

    @pytest.mark.parametrize("kind", ["recover", "signup"])
    def test_of_mails_bound_what_one_network_may_ask_for(self, installation, browser, kind):
        for number in range(30):
            browser.post(f"/accounts/{kind}", email=f"{kind}-{number}@example.org")
        browser.post(f"/accounts/{kind}", email=f"{kind}-x@example.org", status=429)
        installation.wait(hours=1)
        browser.post(f"/accounts/{kind}", email=f"{kind}-y@example.org")

    def test_of_mails_bound_what_one_address_gets_and_nobody_is_told(self, installation):
        person = installation.someone()
        for _ in range(6):
            installation.browser().post("/accounts/recover", email=person.email)
        assert len(installation.mails(person.email)) == 4
