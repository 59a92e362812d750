// Makes the charts of a page interactive and saves them as pictures. What the server has drawn stays until the
// library is there and has drawn the same, and stays for good if anything fails.
"use strict";

(() => {
  const here = document.currentScript.src;
  const LIBRARY = new URL("vendor/echarts-6.1.0/echarts.min.js", here).href;
  // Their addresses change when they do, as ours does.
  const beside = (name) => here.replace("charts.js", name);

  const media = (query) => window.matchMedia(query);
  const say = (text) => { document.getElementById("live").textContent = text; };

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const makeButton = (text, act) => {
    const button = make("button", { type: "button", class: "button button-secondary button-small" }, text);
    button.addEventListener("click", () => act(button));
    return button;
  };

  // Pictures.

  const SCALE = 2;

  const loaded = (address) => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error(`no picture at ${address}`));
    image.src = address;
  });

  const painted = async (address) => {
    const image = await loaded(address);
    const canvas = make("canvas", { width: image.naturalWidth * SCALE, height: image.naturalHeight * SCALE });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("an empty picture"))), "image/png");
    });
  };

  // The drawing of the server is on white, and without a ground if it is asked so.
  const save = async (link, name, more) => {
    try {
      const address = URL.createObjectURL(await painted(link.href + more));
      make("a", { href: address, download: name }).click();
      // The browser reads it after this task.
      setTimeout(() => URL.revokeObjectURL(address), 60000);
      say(`${name} saved`);
    } catch {
      say("The picture could not be made. The SVG shows the same.");
      link.focus();
    }
  };

  const fileName = (title) =>
    title.normalize("NFKD").replace(/[^\w.]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase().slice(0, 80) || "chart";

  const offerPictures = (figure, title) => {
    const link = figure.querySelector("a[href*='/charts/'][href*='.svg']");
    if (!link || link.dataset.pictures) return;
    link.dataset.pictures = "offered";
    const name = fileName(title);
    const png = (text, ending, more) => {
      const button = makeButton(text, () => save(link, name + ending, more));
      button.append(make("span", { class: "visually-hidden" }, `: ${title}`));
      return button;
    };
    link.after(png("PNG", ".png", ""), png("PNG, transparent", "-transparent.png", "&ground=none"));
  };

  // The library: once, when there is time for it.

  const library = () => new Promise((resolve, reject) => {
    const script = make("script", { src: LIBRARY });
    script.onload = () => (window.echarts ? resolve(window.echarts) : reject(new Error("no library")));
    script.onerror = () => reject(new Error("the library did not come"));
    document.head.append(script);
  });
  const fetched = async () => {
    const [echarts, draw, live] = await Promise.all([
      library(), import(beside("charts-draw.js")), import(beside("charts-live.js")),
    ]);
    return { echarts, draw, live, make, makeButton };
  };
  let coming = null;
  const means = () => { coming = coming || fetched(); return coming; };

  const savesData = () =>
    Boolean(navigator.connection && navigator.connection.saveData) || media("(prefers-reduced-data: reduce)").matches;

  const whenIdle = (task) =>
    (window.requestIdleCallback ? window.requestIdleCallback(task, { timeout: 3000 }) : setTimeout(task, 200));

  // Figures, now and after a part of the page was fetched again.

  const taken = new Map();

  const takeOver = async (figure, drawing) => {
    try {
      const data = JSON.parse(figure.querySelector("script.chart-data").textContent);
      const found = await means();
      if (!figure.isConnected || taken.has(figure)) return;
      taken.set(figure, new found.live.Interactive(figure, data, drawing, found));
    } catch (fault) {
      console.warn("The chart stays as it was drawn:", fault);
    }
  };

  const inView = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      inView.unobserve(target);
      whenIdle(target.takeOver);
    }
  });

  const seen = new WeakSet();
  const look = () => {
    for (const [figure, interactive] of taken) {
      if (figure.isConnected) continue;
      interactive.end();
      taken.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure.chart")) {
      const drawing = figure.querySelector("svg[role=img]");
      if (seen.has(figure) || !drawing) continue;
      seen.add(figure);
      const title = drawing.querySelector("title");
      offerPictures(figure, title ? title.textContent : document.title);
      // A drawing that is wider than the page stays as it is: there is no room for all of it.
      if (drawing.classList.contains("chart-wide") || !figure.querySelector("script.chart-data")) continue;
      figure.takeOver = () => takeOver(figure, drawing);
      if (savesData()) {
        const button = makeButton("Show the interactive chart", () => { button.remove(); figure.takeOver(); });
        drawing.closest(".chart-still").after(button);
      } else {
        inView.observe(figure);
      }
    }
  };

  const redraw = () => { for (const interactive of taken.values()) interactive.draw(); };
  media("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  document.addEventListener("htmx:after:swap", look);
  look();
})();
