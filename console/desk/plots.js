// Plots as inline SVG, each with its table beside it for whoever does not see it.

import { make, words } from "/look/house.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 400;
const HEIGHT = 150;
const LABELS = 6;
const NAMES = 140; // the room that names have before the bars
const ROW = 28;

/** `rows`: [name, number] each. */
export function bars(title, rows) {
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const svg = drawing((rows.length || 1) * ROW);
  rows.forEach(([name, n], row) => {
    const width = (n / most) * (WIDTH - NAMES - 50);
    svg.append(
      shape("text", { x: NAMES - 8, y: row * ROW + 19, "text-anchor": "end" }, name),
      shape("rect", { x: NAMES, y: row * ROW + 4, width: Math.max(width, n ? 2 : 0), height: 20, rx: 3, class: "one" }),
      shape("text", { x: NAMES + width + 8, y: row * ROW + 19 }, n),
    );
  });
  return figure(title, svg, [words.what, words.how_many], rows);
}

/** `stretches`: {begins, calls, without_a_person}; two shades, one above the other, with their `names`. */
export function columns(title, stretches, names) {
  const most = Math.max(1, ...stretches.map((each) => each.calls));
  const svg = drawing(HEIGHT + 66);
  const step = WIDTH / stretches.length;
  const every = Math.ceil(stretches.length / LABELS);
  const tall = (n) => (n / most) * (HEIGHT - 20);
  stretches.forEach(({ begins, calls, without_a_person: alone }, n) => {
    const place = { x: n * step + step * 0.12, width: step * 0.76, rx: 2 };
    svg.append(
      shape("rect", { ...place, y: HEIGHT - tall(alone), height: tall(alone), class: "one" }),
      shape("rect", { ...place, y: HEIGHT - tall(calls), height: tall(calls - alone), class: "two" }),
    );
    if (n % every === 0) svg.append(shape("text", { x: (n + 0.5) * step, y: HEIGHT + 16, "text-anchor": "middle" }, begins.slice(-5)));
  });
  svg.append(shape("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }), shape("text", { x: 0, y: 12 }, most));
  names.forEach((name, n) => {
    const y = HEIGHT + 28 + n * 20;
    svg.append(
      shape("rect", { x: 0, y, width: 12, height: 12, class: n ? "two" : "one" }),
      shape("text", { x: 18, y: y + 11 }, name),
    );
  });
  const rows = stretches.filter((each) => each.calls).map((each) => [each.begins, each.without_a_person, each.calls - each.without_a_person]);
  return figure(title, svg, [words.what, ...names], rows);
}

function figure(title, svg, heads, rows) {
  const box = make("figure");
  const details = make("details");
  svg.setAttribute("aria-label", title);
  details.append(make("summary", "", words.as_table), table(heads, rows));
  box.append(make("figcaption", "", title), svg, details);
  return box;
}

function table(heads, rows) {
  const all = make("table");
  const head = make("tr");
  for (const each of heads) head.append(Object.assign(make("th", "", each), { scope: "col" }));
  all.append(head);
  for (const [name, ...values] of rows) {
    const row = make("tr");
    row.append(Object.assign(make("th", "", name), { scope: "row" }), ...values.map((each) => make("td", "", String(each))));
    all.append(row);
  }
  return all;
}

function drawing(height) {
  return shape("svg", { viewBox: `-16 0 ${WIDTH + 32} ${height}`, role: "img" });
}

function shape(kind, attributes, text) {
  const each = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) each.setAttribute(name, value);
  if (text !== undefined) each.textContent = text;
  return each;
}
