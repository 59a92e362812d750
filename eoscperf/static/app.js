// What pages can do better with scripts. Without them every link and form works as it is.
"use strict";

(() => {
  const here = document.currentScript.src;
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

  // Pages print well by the browser's own command; a button is for those who look for one.
  const showPrintButtons = (root) => {
    for (const button of root.querySelectorAll("[data-print]")) button.hidden = false;
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // Rows to pick: all of them, none or the other ones, without a way to the server.
  const ticksOf = (table) => [...table.querySelectorAll("tbody input.tick[type=checkbox]")];
  const offerTicks = (root) => {
    for (const table of root.querySelectorAll("table")) {
      const ticks = ticksOf(table);
      if (ticks.length < 2 || table.dataset.ticks) continue;
      table.dataset.ticks = "offered";
      const tools = document.createElement("div");
      tools.className = "tick-tools";
      tools.setAttribute("role", "group");
      tools.setAttribute("aria-label", "Tick rows");
      const count = document.createElement("span");
      count.className = "quiet";
      const tell = () => {
        count.textContent = `${ticks.filter((tick) => tick.checked).length} of ${ticks.length} rows ticked`;
      };
      const ways = { "Tick all": () => true, "Tick none": () => false, "Invert": (tick) => !tick.checked };
      for (const [label, wanted] of Object.entries(ways)) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button button-secondary button-small";
        button.textContent = label;
        button.addEventListener("click", () => {
          for (const tick of ticks) tick.checked = wanted(tick);
          tell();
          say(count.textContent);
        });
        tools.append(button);
      }
      table.addEventListener("change", tell);
      tell();
      tools.append(count);
      (table.closest(".scrolling") || table).before(tools);
    }
  };

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

  // The script of charts comes only where a chart is; its address changes with ours.
  let chartsAreComing = false;
  const fetchCharts = (root) => {
    if (chartsAreComing || !root.querySelector("figure.chart script.chart-data")) return;
    chartsAreComing = true;
    const script = document.createElement("script");
    script.src = here.replace("app.js", "charts.js");
    document.head.append(script);
  };

  const improve = (root) => {
    fetchCharts(root);
    showCopyButtons(root);
    showPrintButtons(root);
    offerTicks(root);
    hideButtons(root);
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
  // Who works by keyboard goes on where they were, or else at the beginning of what is new.
  const held = new WeakMap();
  const firstText = (one) => {
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (data.trim() && !parentElement.closest("[aria-hidden=true]")) return data.trim();
    }
    return "";
  };
  const ticked = (one) => (["checkbox", "radio"].includes(one.type) ? one.value : "");
  const sign = (one) => [one.tagName, one.id, one.name, ticked(one), firstText(one)].join(" ");
  const focusAgain = (wanted, now) => {
    const same = [...now.querySelectorAll("a, button, input, select, summary")].find((one) => sign(one) === wanted);
    const menu = same && same.closest("details:not([open])");
    if (menu && !menu.firstElementChild.contains(same)) menu.open = true;
    if (!same) now.tabIndex = -1;
    (same || now).focus({ preventScroll: Boolean(same) });
  };
  document.addEventListener("htmx:before:swap", (event) => {
    const region = target(event);
    const focused = document.activeElement;
    if (region && region !== focused && region.contains(focused)) held.set(region, sign(focused));
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const region = target(event);
    // Going back in history swaps the whole page.
    const now = (region && region.id && document.getElementById(region.id)) || document.body;
    improve(now);
    const wanted = region && held.get(region);
    if (wanted && document.activeElement === document.body) focusAgain(wanted, now);
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

  improve(document);
})();
