// A chart that a script has taken over: zoom, keys that hide series, and the way back to the plain drawing.
// `charts.js` loads this and hands over what it needs.

const swatch = (look, { SHAPES, DASHES }) => {
  const space = "http://www.w3.org/2000/svg";
  const element = (name, attributes) => {
    const found = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
    return found;
  };
  const svg = element("svg", { viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" });
  const path = element("path", { d: "M0 6H28", "stroke-width": 2, "stroke-dasharray": DASHES[look.dash].join(" ") });
  const shape = element("path", { d: SHAPES[look.shape], transform: "translate(9 1)", "stroke-width": 1.5 });
  const colour = `var(--series-${look.colour})`;
  path.style.stroke = colour;
  shape.style.stroke = colour;
  shape.style.fill = look.hollow ? "var(--ground)" : colour;
  svg.append(path, shape);
  return svg;
};

export class Interactive {
  // `means`: the library, `charts-draw.js`, and how elements and buttons are made.
  constructor(figure, data, drawing, means) {
    const { echarts, draw, make } = means;
    this.figure = figure;
    this.data = data;
    this.means = means;
    this.hidden = new Set();
    this.still = drawing.closest(".chart-still");
    this.place = make("div", { class: "chart-live", role: "img", "aria-label": data.title });
    const described = drawing.querySelector("desc");
    if (described && described.id) this.place.setAttribute("aria-describedby", described.id);
    const { height } = drawing.getBoundingClientRect();
    this.tools = this.makeTools();
    this.still.before(this.place, this.tools);
    this.place.style.height = `${Math.max(280, Math.round(height))}px`;
    try {
      this.figure.classList.add("is-live");
      this.chart = echarts.init(this.place, null, { renderer: "svg" });
      this.draw();
    } catch (fault) {
      this.end();
      throw fault;
    }
    this.chart.on("click", ({ seriesIndex, data: item }) => {
      const address = item && item.mark ? draw.addressOf(item.mark, this.layers[seriesIndex].of.name) : "";
      if (address) window.location.assign(address);
    });
    this.sizes = new ResizeObserver(() => { if (this.place.clientWidth) this.chart.resize(); });
    this.sizes.observe(this.place);
  }

  draw() {
    const { optionFor, palette } = this.means.draw;
    const { layers, option } = optionFor(this.data, this.hidden, palette(), this.place.clientWidth);
    this.layers = layers;
    this.chart.setOption(option, { replaceMerge: ["series"] });
  }

  makeTools() {
    const { draw, make, makeButton } = this.means;
    const tools = make("div", { class: "chart-tools", role: "group", "aria-label": "Interactive chart" });
    const { series, x, y } = this.data;
    this.parts = [];
    if (series.length > 1 && x.kind !== "category" && y.kind !== "category") {
      for (const one of series) {
        const key = makeButton("", (button) => this.toggle(one.name, button));
        key.classList.add("chart-key");
        key.setAttribute("aria-pressed", "true");
        key.append(swatch(one.look, draw), one.name);
        this.parts.push(key);
      }
    }
    if (x.kind !== "category" || y.kind !== "category") {
      this.parts.push(makeButton("Zoom in", () => this.zoom(0.5)), makeButton("Zoom out", () => this.zoom(2)));
    }
    const switched = makeButton("Show the plain drawing", (button) => {
      const live = this.figure.classList.toggle("is-live");
      for (const part of this.parts) part.hidden = !live;
      button.textContent = live ? "Show the plain drawing" : "Show the interactive chart";
    });
    tools.append(...this.parts, switched);
    return tools;
  }

  toggle(name, button) {
    const shown = this.hidden.has(name);
    this.hidden[shown ? "delete" : "add"](name);
    button.setAttribute("aria-pressed", String(shown));
    this.draw();
  }

  zoom(factor) {
    this.chart.getOption().dataZoom.forEach(({ start, end }, dataZoomIndex) => {
      const middle = (start + end) / 2;
      const half = Math.min(50, ((end - start) / 2) * factor);
      const from = Math.min(Math.max(0, middle - half), 100 - 2 * half);
      this.chart.dispatchAction({ type: "dataZoom", dataZoomIndex, start: from, end: from + 2 * half });
    });
  }

  end() {
    if (this.sizes) this.sizes.disconnect();
    if (this.chart) this.chart.dispose();
    this.place.remove();
    this.tools.remove();
    this.figure.classList.remove("is-live");
  }
}

