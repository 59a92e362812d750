// From what the server says about a chart to the options of Apache ECharts: the same marks in the same colours and
// shapes as in the drawing, and what is said about each. `charts.js` loads this.

const RESULTS = new URL("../results/", import.meta.url).href;

const media = (query) => window.matchMedia(query);

// Colours and shapes, as in the drawings.

export const palette = () => {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { font: getComputedStyle(document.body).fontFamily };
  for (const name of ["ground", "raised", "text", "quiet", "line", "edge"]) found[name] = colour(name);
  found.series = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => colour(`series-${number}`));
  found.shades = [0, 1, 2, 3, 4, 5, 6].map((number) => {
    probe.className = `chart-shade-${number}`;
    return Number(getComputedStyle(probe).fillOpacity);
  });
  probe.remove();
  return found;
};

// Within a square of 10.
export const SHAPES = [
  "M0 5A5 5 0 1 0 10 5A5 5 0 1 0 0 5Z",
  "M0.5 0.5H9.5V9.5H0.5Z",
  "M5 0L10 9H0Z",
  "M5 0L10 5L5 10L0 5Z",
  "M0 1H10L5 10Z",
  "M3 0H7V3H10V7H7V10H3V7H0V3H3Z",
];
export const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const SIZE = 9;

// What is said about a mark.

const digits = (value) => String(Number(value.toPrecision(Number.isInteger(value) ? 15 : 4)));
// As the drawings write it: 568.0 beside 94.91.
const significant = (value, many) => {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 10 ** many ? value.toPrecision(many) : digits(value);
};
const moment = (value) => new Date(value).toISOString().slice(0, 16).replace("T", " ").replace(" 00:00", "");
const valueOn = (axis, value) => {
  if (axis.kind === "category") return "";
  return `${axis.label}: ${axis.kind === "time" ? moment(value) : digits(value)}`;
};

// A brace begins a format in texts of the library; names are only names.
const plain = (text) => text.replaceAll("{", "{\u200b");

const sentences = (data, series, mark) => {
  const [measured, other] = data.measured === "x" ? ["x", "y"] : ["y", "x"];
  const said = [mark.text.startsWith(series.name) ? "" : series.name, mark.text];
  if (data.kind === "heat") {
    said[0] = `Ratio: ${digits(mark.low)}`;
  } else {
    said.push(valueOn(data[other], mark[other]), valueOn(data[measured], mark[measured]));
    const kind = data.description.includes("95 %") ? "95 % interval" : "Range";
    if (mark.low !== undefined) said.push(`${kind}: ${digits(mark.low)} – ${digits(mark.high)}`);
  }
  return plain([...new Set(said.filter(Boolean))].join("\n"));
};

// A run has its page; what is a row of a table on this page leads where the heading of the row does.
const oneLine = (text) => text.replace(/\s+/g, " ").trim();
export const addressOf = (mark, name) => {
  if (mark.result_id) return RESULTS + mark.result_id;
  for (const heading of document.querySelectorAll("main th[scope=row]:has(a)")) {
    if (oneLine(heading.textContent) === name) return [...heading.querySelectorAll("a")].pop().href;
  }
  return "";
};

// From what the server says to what the library draws.

const axisFor = (axis, colours, side, width) => {
  const found = {
    type: axis.kind === "log" || axis.kind === "time" ? axis.kind : "value",
    min: axis.low,
    max: axis.high,
    name: plain(axis.label),
    nameLocation: "middle",
    ...(side === "x" ? { nameGap: 28 } : {}),
    nameTextStyle: { color: colours.text },
    axisLine: { show: true, onZero: false, lineStyle: { color: colours.edge } },
    axisTick: { show: false },
    splitLine: { show: axis.kind !== "category", lineStyle: { color: colours.line } },
    axisLabel: { color: colours.text, hideOverlap: true },
  };
  if (axis.kind === "category") {
    const places = axis.categories.map((_, place) => place);
    Object.assign(found, { inverse: side === "y", minInterval: 1 });
    Object.assign(found.axisLabel, {
      customValues: places,
      formatter: (place) => axis.categories[place] || "",
      width: side === "y" ? Math.min(230, width * 0.35) : Math.max(50, (width * 0.8) / places.length),
      overflow: "truncate",
      hideOverlap: side === "x",
    });
  } else if (axis.kind === "log") {
    const places = axis.ticks.map(([place]) => place);
    found.axisLabel.customValues = places;
    found.splitLine.customValues = places;
  }
  if (axis.kind === "linear") {
    // Where the axis ends between two round values, its end is not named.
    const isNamed = (end) => axis.ticks.some(([place]) => Math.abs(place - end) <= Math.abs(end) * 1e-9);
    const ends = { min: isNamed(axis.low), max: isNamed(axis.high) };
    Object.assign(found.axisLabel, { showMinLabel: ends.min, showMaxLabel: ends.max });
    Object.assign(found.splitLine, { showMinLine: ends.min, showMaxLine: ends.max });
  }
  if (axis.kind === "linear" || axis.kind === "log") {
    found.axisLabel.formatter = (value) => String(Number(value.toPrecision(6)));
  }
  return found;
};

const alongWhisker = (api, data, mark) => {
  const ends = [mark.low, mark.high].map((end) => api.coord(data.measured === "x" ? [end, mark.y] : [mark.x, end]));
  const [[x1, y1], [x2, y2]] = ends;
  const [dx, dy] = data.measured === "x" ? [0, 5] : [5, 0];
  return [[x1, y1, x2, y2], ...ends.map(([x, y]) => [x - dx, y - dy, x + dx, y + dy])];
};
const whisker = (api, data, mark, colour) =>
  (mark.low === undefined ? [] : alongWhisker(api, data, mark).map(([x1, y1, x2, y2]) => ({
    type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.5 }, silent: true,
  })));

const within = (axis, value) => Math.min(Math.max(value, axis.low), axis.high);

// One item for each of `items`, drawn by `draw(item, api, area)`.
const custom = (items, draw, more = {}) => ({
  type: "custom",
  clip: true,
  data: items.map((item) => ({ value: [item.x || 0, item.y || 0], mark: item })),
  renderItem: ({ dataIndex, coordSys }, api) => ({ type: "group", children: draw(items[dataIndex], api, coordSys) }),
  ...more,
});

const scatter = (marks, look, ink, ground, more = {}) => ({
  type: "scatter",
  data: marks.map((mark) => ({ value: [mark.x, mark.y], mark, symbolOffset: mark.offset })),
  symbol: `path://${SHAPES[look.shape]}`,
  symbolSize: SIZE,
  itemStyle: { color: look.hollow ? ground : ink, borderColor: ink, borderWidth: 1.5, opacity: 1 },
  emphasis: { scale: 1.5 },
  ...more,
});

const line = (pieces, style, more = {}) => ({
  type: "line",
  silent: true,
  showSymbol: false,
  data: pieces.flatMap((piece) => [...piece, ["-", "-"]]),
  lineStyle: style,
  emphasis: { disabled: true },
  ...more,
});

const text = (words, x, y, colours, align) => ({
  type: "text",
  silent: true,
  style: { text: words, x, y, fill: colours.text, font: `12px ${colours.font}`, align, verticalAlign: "middle" },
});

const barsOf = (data, { marks, look }, colours) => custom(marks, (mark, api, area) => {
  const [end, middle] = api.coord([mark.x, mark.y]);
  const [start] = api.coord([within(data.x, 0), mark.y]);
  const thick = Math.min(20, Math.abs(api.size([0, 1])[1]) * 0.7);
  const colour = colours.series[look.colour - 1];
  const left = Math.max(area.x, Math.min(start, end));
  const right = Math.min(area.x + area.width, Math.max(start, end));
  const style = { fill: colour, stroke: colour, lineWidth: 1 };
  if (look.dash) Object.assign(style, { fillOpacity: 0.2, lineWidth: 1.5, lineDash: DASHES[look.dash - 1] });
  const shape = { x: left, y: middle - thick / 2, width: Math.max(0, right - left), height: thick };
  return [{ type: "rect", shape, style }, ...whisker(api, data, mark, colours.text)];
});

// What a bar comes to, beside all that belongs to it.
const valuesOf = ({ marks, dots = [] }, colours) => custom(marks, (mark, api, area) => {
  const last = Math.max(mark.x, mark.high === undefined ? mark.x : mark.high, 0, ...dots.map((dot) => dot.x));
  const [end, middle] = api.coord([last, mark.y]);
  const isIn = end >= area.x && end <= area.x + area.width + 1;
  return isIn ? [text(significant(mark.x, 4), end + 7, middle, colours, "left")] : [];
}, { clip: false, silent: true });

const heatOf = (data, { marks }, colours) => custom(marks, (mark, api) => {
  const [x, y] = api.coord([mark.x, mark.y]);
  const [width, height] = api.size([1, 1]).map((size) => Math.abs(size) - 2);
  const shade = data.shades.findLast(([edge]) => mark.low >= edge) || [0, 0];
  const style = { fill: colours.series[0], fillOpacity: colours.shades[shade[1]] };
  return [
    { type: "rect", shape: { x: x - width / 2, y: y - height / 2, width, height }, style },
    ...(width < 36 ? [] : [text(significant(mark.low, 3), x, y, colours, "center")]),
  ];
});

const boxOf = (data, [at, low, first, middle, third, high], ink) => custom([{}], (_, api) => {
  const place = (value) => api.coord(data.measured === "x" ? [value, at] : [at, value]);
  const flat = data.measured === "x";
  const half = Math.min(12, Math.abs(api.size([1, 1])[flat ? 1 : 0]) * 0.35);
  const along = flat ? 0 : 1;
  const across = place(middle)[1 - along];
  const rectangle = (from, to) => {
    const [a, b] = [place(from)[along], place(to)[along]].sort((one, two) => one - two);
    return flat
      ? { x: a, y: across - half, width: b - a, height: 2 * half }
      : { x: across - half, y: a, width: 2 * half, height: b - a };
  };
  const style = { stroke: ink, fill: "none", lineWidth: 1.5 };
  const stroke = (from, to) => {
    const [[x1, y1], [x2, y2]] = [place(from), place(to)];
    return { type: "line", shape: { x1, y1, x2, y2 }, style };
  };
  return [{ type: "rect", shape: rectangle(first, third), style }, stroke(low, first), stroke(third, high)];
}, { silent: true });

const middleOf = (data, mark, colours) => custom([mark], (_, api) => {
  const flat = data.measured === "x";
  const [x, y] = api.coord([mark.x, mark.y]);
  const half = Math.min(12, Math.abs(api.size([1, 1])[flat ? 1 : 0]) * 0.4);
  const [dx, dy] = flat ? [0, half] : [half, 0];
  return [
    {
      type: "line",
      shape: { x1: x - dx, y1: y - dy, x2: x + dx, y2: y + dy },
      style: { stroke: colours.text, lineWidth: 2.5 },
    },
    ...whisker(api, data, mark, colours.text),
  ];
}, { z: 5 });

const bandOf = (pieces, ink) => custom(pieces, (piece, api) => {
  const points = [
    ...piece.map(([x, low]) => api.coord([x, low])),
    ...piece.map(([x, , high]) => api.coord([x, high])).reverse(),
  ];
  return [{ type: "polygon", shape: { points }, style: { fill: ink, opacity: 0.18 } }];
}, { silent: true, z: 1 });

// Runs of the same value lie beside each other, in the same way as in the drawing.
const besides = (marks) => marks.map((mark, number) =>
  ({ ...mark, offset: [0, marks.length < 2 ? 0 : (((number * 0.618) % 1) - 0.5) * 17] }));

const layersOf = (data, series, colours) => {
  const { look, marks } = series;
  const ink = colours.series[look.colour - 1];
  const found = [];
  if (data.kind === "heat") {
    found.push(heatOf(data, series, colours));
  } else if (data.kind === "bars" && data.x.kind !== "log") {
    found.push(barsOf(data, series, colours), valuesOf(series, colours));
  } else {
    if (series.band) found.push(bandOf(series.band, ink));
    if (series.box) found.push(boxOf(data, series.box, ink));
    if (series.lines) found.push(line(series.lines, { color: ink, width: 2, type: DASHES[look.dash] }));
    if (series.fit) found.push(line([series.fit.points], { color: ink, width: 1 }));
    const ends = series.band ? [] : marks.filter((mark) => mark.low !== undefined);
    if (ends.length) found.push(custom(ends, (mark, api) => whisker(api, data, mark, colours.text), { silent: true }));
    found.push(scatter(data.kind === "strip" ? besides(marks) : marks, look, ink, colours.ground));
  }
  if (series.dots) {
    found.push(scatter(series.dots, { shape: 0, hollow: true }, colours.text, colours.ground, { symbolSize: 7, z: 4 }));
  }
  if (series.middle) found.push(middleOf(data, series.middle, colours));
  const cursor = marks.length && addressOf(marks[0], series.name) ? "pointer" : "default";
  return found.map((layer) => ({ ...layer, cursor, of: series }));
};

const referenceOf = (data, colours) => {
  const ends = data.measured === "x"
    ? [[data.reference, data.y.low], [data.reference, data.y.high]]
    : [[data.x.low, data.reference], [data.x.high, data.reference]];
  return line([ends], { color: colours.text, width: 1, type: [5, 4] });
};

export const optionFor = (data, hidden, colours, width) => {
  const shown = data.series.filter((series) => !hidden.has(series.name));
  const layers = shown.flatMap((series) => layersOf(data, series, colours));
  if (data.reference !== null) layers.push(referenceOf(data, colours));
  const byMouse = media("(pointer: fine)").matches;
  // The wheel alone scrolls the page, and so does a finger.
  const inside = {
    type: "inside",
    filterMode: "none",
    minSpan: 1,
    zoomOnMouseWheel: "ctrl",
    moveOnMouseMove: byMouse,
    moveOnMouseWheel: false,
  };
  const zooms = [];
  if (data.x.kind !== "category") zooms.push({ ...inside, xAxisIndex: 0 });
  if (data.y.kind !== "category") zooms.push({ ...inside, yAxisIndex: 0 });
  const option = {
    animation: !media("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    useUTC: true,
    textStyle: { fontFamily: colours.font, fontSize: 12, color: colours.text },
    grid: {
      left: 4,
      right: data.kind === "bars" ? 70 : 20,
      top: 10,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
    xAxis: axisFor(data.x, colours, "x", width),
    yAxis: axisFor(data.y, colours, "y", width),
    dataZoom: zooms,
    tooltip: {
      trigger: "item",
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.raised,
      borderColor: colours.edge,
      textStyle: { color: colours.text, fontFamily: colours.font, fontSize: 13, lineHeight: 18 },
      formatter: ({ seriesIndex, data: item }) => sentences(data, layers[seriesIndex].of, item.mark),
    },
    series: layers.map(({ of: _, ...layer }) => layer),
  };
  return { layers, option };
};
