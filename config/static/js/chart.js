import { attach } from "./attach.js";

/* A line over time, drawn by uPlot. Who cannot see it hears the point under the crosshair; the arrow keys move it. */
const HEIGHT = 260;
const FAR = 10;
const DAY = 86400;
const KEYS = {
  ArrowLeft: (place) => place - 1,
  ArrowRight: (place) => place + 1,
  PageDown: (place) => place - FAR,
  PageUp: (place) => place + FAR,
  Home: () => 0,
  End: () => Infinity,
};

const colour = (box, name) => getComputedStyle(box.querySelector(`[data-chart-${name}]`)).color;

function words(told) {
  const zone = { timeZone: told.zone };
  const day = new Intl.DateTimeFormat(undefined, { ...zone, dateStyle: "medium" });
  const hour = new Intl.DateTimeFormat(undefined, { ...zone, dateStyle: "medium", timeStyle: "short" });
  const figure = (text) => (text ?? "\u2013").replace("-", "\u2212").replace(/\B(?=(\d{3})+(?=\.|$))/g, ",");
  return (place) => {
    const last = place === told.times.length - 1;
    const at = new Date(told.times[place] * 1000);
    const when = last ? "Now" : (told.hourly ? hour : day).format(at);
    const parts = [when, `${figure(told.values[place])} ${told.currency}`];
    if (told.amounts?.[place]) parts.push(`${told.amounts[place]} at ${told.prices[place]}`);
    if (told.out[place]) parts.push(told.amounts ? "no price" : `${told.out[place]} left out`);
    return parts.join(" \u00b7 ");
  };
}

function shape(step) {
  if (step > 20 * DAY) return { month: "short", year: "2-digit" };
  return step >= DAY ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" };
}

/* As fine as the step between two of them. */
function moments(told, step) {
  const said = new Intl.DateTimeFormat(undefined, { timeZone: told.zone, ...shape(step) });
  return (at) => said.format(new Date(at * 1000));
}

function axes(box, told) {
  const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
  const look = {
    stroke: () => colour(box, "words"),
    font: `12px ${getComputedStyle(box).fontFamily}`,
    grid: { stroke: () => colour(box, "line"), width: 1 },
    ticks: { show: false },
  };
  const times = (_plot, splits, _axis, _space, step) => splits.map(moments(told, step));
  return [
    { ...look, grid: { show: false }, space: 70, values: times },
    { ...look, size: 56, space: 40, values: (_plot, splits) => splits.map((each) => short.format(each)) },
  ];
}

function options(box, uPlot, told, onMove) {
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: true } },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), told.zone),
    axes: axes(box, told),
    series: [
      {},
      {
        stroke: () => colour(box, "ink"),
        fill: () => colour(box, "wash"),
        width: 2,
        points: { show: false },
      },
    ],
    hooks: { setCursor: [(plot) => onMove(plot.cursor.idx)] },
  };
}

/* The plot as something that is moved along: a slider whose value is a moment. */
function steer(plot, area, told, say) {
  const count = told.times.length;
  let here = count - 1;
  const tell = (place) => {
    here = place ?? count - 1;
    area.setAttribute("aria-valuenow", here);
    area.setAttribute("aria-valuetext", say(here));
  };
  const go = (place) => {
    const at = Math.max(0, Math.min(count - 1, place));
    plot().setCursor({
      left: plot().valToPos(told.times[at], "x"),
      top: plot().valToPos(Number(told.values[at] ?? 0), "y"),
    });
  };
  area.setAttribute("role", "slider");
  area.setAttribute("tabindex", "0");
  area.setAttribute("aria-label", area.dataset.label);
  area.setAttribute("aria-valuemin", "0");
  area.setAttribute("aria-valuemax", count - 1);
  area.addEventListener("keydown", (event) => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    go(KEYS[event.key](here));
  });
  tell(null);
  return tell;
}

function follow(box, plot) {
  const again = () => box.isConnected && plot.redraw(false);
  new ResizeObserver(() => {
    if (box.isConnected && box.clientWidth) plot.setSize({ width: box.clientWidth, height: HEIGHT });
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

async function draw(box) {
  const { default: uPlot } = await import("../uplot/uPlot.esm.js");
  const told = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const area = box.querySelector("[data-chart-plot]");
  const read = box.querySelector("[data-chart-read]");
  const say = words(told);
  box.hidden = false;
  let plot = null;
  const tell = steer(() => plot, area, told, say);
  const onMove = (place) => {
    tell(place);
    read.textContent = say(place ?? told.times.length - 1);
  };
  const values = told.values.map((text) => (text === null ? null : Number(text)));
  plot = new uPlot(options(box, uPlot, told, onMove), [told.times, values], area);
  onMove(null);
  follow(box, plot);
}

// Without the library the table below tells everything.
attach("[data-chart]", (box) => draw(box).catch(() => (box.hidden = true)));
