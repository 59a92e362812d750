"""Chromium as tests use it: what somebody does with a page, and what can be found wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

AXE = Path(__file__).parent / "axe-4.14.1"

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

WIDE, NARROW = (1280, 900), (360, 740)


class Transfer(NamedTuple):
    """Something that was fetched; `bytes` of its body on the wire."""

    url: str
    kind: str
    bytes: int


class Browser:
    """Chromium, set to a width, a theme, with or without scripts; notices what goes wrong on pages."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def set(
        self,
        size: tuple[int, int] = WIDE,
        *,
        scale: int = 1,
        dark: bool = False,
        scripts: bool = True,
        media: str = "screen",
    ) -> None:
        width, height = size
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def open(self, url: str) -> None:
        """Load a page; what was noticed before is forgotten."""
        self.complaints()
        self.requests()
        self.driver.get(url)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console since the last look, breaches of the policy among them."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last look."""
        asked = [found for method, found in self._network() if method == "Network.requestWillBeSent"]
        return [found["request"]["url"] for found in asked]

    def transfers(self) -> list[Transfer]:
        """What was fetched since the last look, as it was transferred."""
        started: dict[str, tuple[str, str]] = {}
        heads: dict[str, int] = {}
        done = []
        for method, found in self._network():
            if method == "Network.requestWillBeSent":
                started[found["requestId"]] = found["request"]["url"], found["type"]
            elif method == "Network.responseReceived":
                heads[found["requestId"]] = int(found["response"]["encodedDataLength"])
            elif method == "Network.loadingFinished" and found["requestId"] in started:
                size = int(found["encodedDataLength"]) - heads.get(found["requestId"], 0)
                done.append(Transfer(*started[found["requestId"]], size))
        return [one for one in done if not one.url.startswith("data:")]

    def _network(self) -> list[tuple[str, Any]]:
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [(message["method"], message["params"]) for message in messages]

    def foreign_hosts(self, base: str) -> set[str]:
        """Hosts other than ours that were asked for something since the last look."""
        ours = urlsplit(base).netloc
        # Pictures inside of controls, as in a field for a day, are the browser's own and come from nowhere.
        asked = [urlsplit(url) for url in self.requests()]
        return {url.netloc for url in asked if url.scheme != "data"} - {ours}

    def violations(self, *, contrast_only: bool = False) -> list[str]:
        """What axe finds wrong with the present page."""
        if not self.script("return 'axe' in window"):
            self.script((AXE / "axe.min.js").read_text(encoding="utf-8"))
        only = {"type": "rule", "values": ["color-contrast"]} if contrast_only else WCAG
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
            ".then((found) => done(found.violations.map((one) =>"
            " `${one.id}: ${one.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')}`)));",
            only,
        )
        return list(found)

    def small_targets(self) -> list[str]:
        """What is to be hit but smaller than 24 pixels.

        Links may be smaller inside of a sentence, or with so much room around that no other is hit instead.
        """
        return list(self.script(_SMALL_TARGETS))

    def too_wide(self) -> list[str]:
        """What makes the page wider than the window."""
        return list(self.script(_TOO_WIDE))

    def status(self) -> int:
        """Of the page itself."""
        return self.script("return performance.getEntriesByType('navigation')[0].responseStatus")

    def structure(self) -> list[str]:
        """What the page lacks in headings, landmarks and captions."""
        return list(self.script(_STRUCTURE))

    def displayed(self, selector: str) -> list[str]:
        """The texts of what is displayed of these."""
        found = self.driver.find_elements("css selector", selector)
        return [one.text for one in found if one.is_displayed()]

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script(text, *arguments)

    def forget(self) -> None:
        """As if it had just been started."""
        self.driver.get("about:blank")
        self.command("Network.clearBrowserCookies")

    def text(self, selector: str = "main") -> str:
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def address(self) -> tuple[str, list[tuple[str, str]]]:
        """Path and query of the present page."""
        parts = urlsplit(self.driver.current_url)
        return parts.path, parse_qsl(parts.query)

    def find(self, selector: str, text: str = "") -> Any:
        """The first displayed one, or the first whose text, name or label is this."""
        for one in self.driver.find_elements(By.CSS_SELECTOR, selector):
            said = (one.text, one.accessible_name) if text else ()
            if one.is_displayed() and (not text or text in map(_plain, said)):
                return one
        raise NoSuchElementException(f"{selector} {text!r} on {self.driver.current_url}")

    def click(self, selector: str, text: str = "") -> None:
        """Click what is displayed, be it out of sight."""
        found = self.find(selector, text)
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
        found.click()

    def follow(self, text: str, *, within: str = "main") -> None:
        """Click a link by its whole text."""
        self.click(f"{within} a", text)

    def reveal(self, one: Any) -> Any:
        """Open the menus that this is in."""
        for summary in one.find_elements(By.XPATH, "./ancestor::details[not(@open)]/summary"):
            summary.click()
        return one

    def fill(self, name: str, text: str) -> None:
        """Type into the last control of this name, or choose in it; a day as YYYY-MM-DD."""
        control = self.reveal(self._control(name))
        if control.tag_name == "select":
            chosen = f"./option[@value='{text}' or normalize-space()='{text}']"
            control.find_element(By.XPATH, chosen).click()
        elif control.get_attribute("type") == "date":
            year, month, day = text.split("-")
            control.send_keys(month + day + year)
        else:
            control.clear()
            control.send_keys(text)

    def send(self, name: str) -> None:
        """Send the form that has a control of this name."""
        form = self._control(name).find_element(By.XPATH, "./ancestor::form")
        buttons = form.find_elements(By.CSS_SELECTOR, "button:not([name], [type=button])")
        next(one for one in reversed(buttons) if one.is_displayed()).click()

    def _control(self, name: str) -> Any:
        return self.driver.find_elements(By.CSS_SELECTOR, f"[name='{name}']:not([type=hidden])")[-1]

    def table(self, number: int = 0) -> list[dict[str, str]]:
        """The rows of a table by its headings."""
        return list(self.script(_TABLE, number))

    def press(self, *keys: str, holding: str | None = None) -> None:
        actions = ActionChains(self.driver, duration=0)
        if holding is None:
            actions.send_keys(*keys)
        else:
            actions.key_down(holding).send_keys(*keys).key_up(holding)
        actions.perform()

    def tab_to(self, text: str, *, most: int = 120, back: bool = False) -> None:
        """Go on by keyboard until what has this text, name or label has the focus; it can always be seen."""
        for _ in range(most):
            self.press(Keys.TAB, holding=Keys.SHIFT if back else None)
            now = self.driver.switch_to.active_element
            assert self.script(_SEEN + "return seen(arguments[0])", now), (
                f"the focus is not seen on {now.get_attribute('outerHTML')[:200]}"
            )
            if text in map(_plain, (now.text, now.accessible_name, now.get_attribute("name") or "")):
                return
        raise NoSuchElementException(f"{text!r} by {most} steps on {self.driver.current_url}")

    def walk(self) -> tuple[list[str], list[str]]:
        """What the keyboard reaches on the whole page, one after the other, and what it ought to reach."""
        wanted = self.script(_REACHABLE)
        reached: list[str] = []
        # Some controls hold several stops, as a field for a day does.
        for _ in range(2 * len(wanted) + 1):
            self.press(Keys.TAB)
            now = self.script(_SEEN + _NUMBERED)
            if now is None:
                break
            if reached[-1:] != [now]:
                reached.append(now)
        return reached, list(wanted)

    def name(self, selector: str) -> str:
        """As assistive technology calls it."""
        return _plain(self.find(selector).accessible_name)

    def held(self) -> str:
        """The name of what has the focus."""
        return _plain(self.driver.switch_to.active_element.accessible_name)

    def ground(self) -> str:
        """The colour that the page is painted on."""
        body = self.driver.find_element(By.CSS_SELECTOR, "body")
        return body.value_of_css_property("background-color")

    def wait_for(self, text: str) -> None:
        """Until the page says this."""
        self.until(lambda: text in self.text())

    def wait_for_ground(self, wanted: Callable[[str], bool]) -> None:
        """Until the page is painted on such a colour."""
        self.until(lambda: wanted(self.ground()))

    def until(self, happens: Callable[[], Any]) -> Any:
        """What this gives as soon as it is true."""
        gone = (StaleElementReferenceException, NoSuchElementException)
        return WebDriverWait(self.driver, 10, poll_frequency=0.05, ignored_exceptions=gone).until(
            lambda _: happens()
        )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


_TABLE = """
const plain = (one) => {
  const copy = one.cloneNode(true);
  for (const hidden of copy.querySelectorAll('[aria-hidden=true]')) hidden.remove();
  return copy.textContent.replace(/\\s+/g, ' ').trim();
};
const tables = [...document.querySelectorAll('main table')].filter((one) => one.checkVisibility());
const table = tables[arguments[0]];
if (!table) return [];
// Without what a heading would do.
const heads = [...table.tHead.rows[0].cells].map((one) => plain(one).split(' , ')[0]);
return [...table.tBodies[0].rows].map(
  (row) => Object.fromEntries([...row.cells].map((cell, place) => [heads[place], plain(cell)])));
"""

_REACHABLE = """
const all = [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility() && !one.disabled);
all.forEach((one, place) => { one.dataset.place = place; });
document.activeElement.blur();
return all.map((one, place) => `${place} ${one.outerHTML.slice(0, 80)}`);
"""

_NUMBERED = """
const one = document.activeElement;
if (!one || one === document.body) return null;
const said = `${one.dataset.place} ${one.outerHTML.slice(0, 80)}`;
return seen(one) ? said : `not seen: ${said}`;
"""

_SEEN = """
const seen = (one) => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return one === document.body || (outlined && box.width > 0 && box.bottom > 0 && box.top < innerHeight);
};
"""

_SMALL_TARGETS = """
const shown = (one) => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length;
const around = (...those) => {
  const boxes = those.map((one) => one.getBoundingClientRect());
  const [x, y] = ['left', 'top'].map((side) => Math.min(...boxes.map((box) => box[side])));
  const [right, bottom] = ['right', 'bottom'].map((side) => Math.max(...boxes.map((box) => box[side])));
  return new DOMRect(x, y, right - x, bottom - y);
};
const clipped = (one) => one.closest('.visually-hidden, .skip');
// Beyond the edge of a region that scrolls by itself.
const away = (one) => {
  const region = one.closest('.scrolling');
  return region && one.getBoundingClientRect().right > region.getBoundingClientRect().right;
};
const all = [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => shown(one) && !clipped(one) && !away(one) && !one.disabled)
  .map((one) => [one, around(one, ...(one.labels || []))]);
const small = (box) => Math.round(box.width) < 24 || Math.round(box.height) < 24;
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
const near = (box, other) => {
  const [x, y] = middle(box), [u, v] = middle(other);
  if (small(other)) return Math.hypot(x - u, y - v) < 24;
  const dx = Math.max(other.left - x, 0, x - other.right), dy = Math.max(other.top - y, 0, y - other.bottom);
  return Math.hypot(dx, dy) < 12;
};
const inSentence = (one) => {
  const block = one.closest('p, li, dd, td, th, figcaption, caption');
  return getComputedStyle(one).display === 'inline' && block
    && block.textContent.trim().length > one.textContent.trim().length;
};
return all.filter(([one, box]) => small(box) && !(one.tagName === 'A'
    && (inSentence(one) || !all.some(([other, its]) => other !== one && near(box, its)))))
  .map(([one, box]) => `${one.tagName.toLowerCase()} ${Math.round(box.width)} x ${Math.round(box.height)}: `
    + one.outerHTML.slice(0, 160));
"""

_TOO_WIDE = """
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return [];
const wide = [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > width + 1)
  .filter((one) => !one.closest('.scrolling, .visually-hidden'));
return [`${document.documentElement.scrollWidth} instead of ${width}`,
  ...wide.map((one) => one.outerHTML.slice(0, 120))];
"""

_STRUCTURE = """
const found = [];
const count = (selector) => document.querySelectorAll(selector).length;
if (count('h1') !== 1) found.push(`${count('h1')} headings of the first level`);
for (const one of ['header', 'main', 'footer', 'nav[aria-label]']) {
  if (!count(one)) found.push(`no ${one}`);
}
for (const table of document.querySelectorAll('table')) {
  if (!table.caption || !table.caption.textContent.trim() || !table.querySelector('th[scope]')) {
    found.push('a table without caption or headings');
  }
}
return found;
"""
