// What pages can do better with scripts. Without them every link and form works as it is.
"use strict";

(() => {
  const live = () => document.getElementById("live");
  const say = (text) => {
    const place = live();
    if (place) place.textContent = text;
  };

  // Copy buttons: hidden in the page, as they do nothing without this.
  const showCopyButtons = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const code = button.closest("figure").querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      say("Copied");
      button.firstChild.textContent = "Copied";
    } catch {
      say("Copying is not allowed here; select the text instead.");
      window.getSelection().selectAllChildren(code);
    }
    setTimeout(() => { button.firstChild.textContent = "Copy"; }, 2000);
  });

  // Choices that are applied at once; the button is for those without scripts.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-at-once]");
    if (form) form.requestSubmit();
  });
  const hideButtons = (root) => {
    for (const form of root.querySelectorAll("form[data-at-once]")) {
      for (const button of form.querySelectorAll("[data-without-scripts]")) button.hidden = true;
    }
  };

  // Parts of a page that are fetched again: the old ones stay until the new ones are there.
  const waiting = new WeakMap();
  const target = (event) => event.detail && event.detail.ctx && event.detail.ctx.target;
  document.addEventListener("htmx:before:request", (event) => {
    const region = target(event);
    if (!region) return;
    region.setAttribute("aria-busy", "true");
    for (const old of region.querySelectorAll(".swap-failed")) old.remove();
    waiting.set(region, setTimeout(() => say("Updating…"), 300));
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const region = target(event);
    if (!region) return;
    clearTimeout(waiting.get(region));
    region.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const region = target(event);
    const now = region && region.id && document.getElementById(region.id);
    if (!now) return;
    showCopyButtons(now);
    hideButtons(now);
    const total = now.querySelector("[data-live]");
    say(total ? total.textContent.trim() : "Updated");
  });
  document.addEventListener("htmx:error", (event) => {
    const region = target(event);
    const address = region && event.detail.ctx.request && event.detail.ctx.request.action;
    if (!region) return;
    const notice = document.createElement("div");
    notice.className = "notice notice-error swap-failed";
    notice.setAttribute("role", "alert");
    const sentence = document.createElement("p");
    sentence.textContent = "The list could not be updated: the server was not reached. ";
    const again = document.createElement("a");
    again.href = typeof address === "string" ? address : location.href;
    again.textContent = "Try again";
    sentence.append(again);
    notice.append(sentence);
    region.prepend(notice);
  });

  showCopyButtons(document);
  hideButtons(document);
})();
