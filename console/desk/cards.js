// The grid: one card a call, the one that needs a person most first.

import { $, make, who, word, words } from "/look/house.js";
import { health, hearing, need, rings, waits } from "./state.js";
import { deed, facts, line } from "./telling.js";

const LINES = 4;
const FEW_LINES = 2;
const MANY = 9; // more calls than this are shown in few lines each
const STEP = 15; // of need; less does not change the order
const STILL_MS = 1500;
const DEEDS = 4;
const WIDTH = 96;
const HEIGHT = 24;
const POINTS = 20;

export class Cards {
  constructor(open) {
    this.open = open;
    this.all = new Map();
    this.many = false;
    this.pointed = -STILL_MS;
    $("grid").onpointermove = () => (this.pointed = performance.now());
    $("grid").onkeydown = (event) => this.walk(event);
  }

  /** Draws one call anew. */
  draw(call, now) {
    const card = this.all.get(call.row.id) ?? this.deal(call);
    const state = call.ended ? "ended" : health(call, now);
    card.dataset.health = state;
    card.classList.toggle("ringing", rings(call));
    const name = card.querySelector(".who");
    name.textContent = who(call.row);
    card.querySelector(".facts").textContent = facts(call.row);
    const lines = lastLines(call, this.many ? FEW_LINES : LINES);
    card.querySelector(".why").textContent = lines.some((each) => each.lastChild.textContent === call.why) ? "" : call.why;
    card.querySelector(".lines").replaceChildren(...lines);
    card.querySelector(".chips").replaceChildren(...chips(call));
    spark(card.querySelector(".spark"), call);
    this.wait(call, now);
  }

  /** Whether so many calls are to be shown another way than before. */
  crowded(calls) {
    const before = this.many;
    this.many = calls > MANY;
    return this.many !== before;
  }

  /** What changes by waiting alone. */
  wait(call, now) {
    const card = this.all.get(call.row.id);
    const seconds = Math.floor(waits(call, now));
    const state = call.ended ? "ended" : health(call, now);
    card.dataset.health = state;
    const told = [
      call.ended ? words.ended : word(`health_${state}`),
      rings(call) ? words.rings : call.staffed && !call.ended ? words.with_person : "",
      seconds > 2 ? word("waits", { n: seconds }) : "",
    ];
    const text = told.filter(Boolean).join(" · ");
    const badge = card.querySelector(".badge");
    if (badge.textContent !== text) badge.textContent = text;
  }

  deal(call) {
    const card = $("card").content.firstElementChild.cloneNode(true);
    card.dataset.id = call.row.id;
    card.querySelector("h3").after(make("p", "badge"));
    card.querySelector(".who").onclick = () => this.open(call.row.id);
    card.onclick = (event) => event.target.closest("button") || getSelection().toString() || this.open(call.row.id);
    this.all.set(call.row.id, card);
    $("grid").append(card);
    return card;
  }

  drop(id) {
    this.all.get(id)?.remove();
    this.all.delete(id);
  }

  /** Puts the cards in order around the one that has the focus, which never moves in the page and so keeps it.
   * Nothing moves away from under a pointer that is on its way, but for a call that rings. */
  sort(calls, now) {
    const grid = $("grid");
    if (performance.now() - this.pointed < STILL_MS && !calls.some(rings)) return;
    const step = (call) => Math.round(need(call, now) / STEP);
    const order = [...calls].sort((a, b) => step(b) - step(a) || a.row.started.localeCompare(b.row.started));
    const wanted = order.map((call) => this.all.get(call.row.id));
    if (wanted.every((card, n) => grid.children[n] === card)) return;
    const held = wanted.find((card) => card.contains(document.activeElement));
    const middle = wanted.indexOf(held);
    wanted.forEach((card, n) => card !== held && (n < middle ? grid.insertBefore(card, held) : grid.append(card)));
  }

  mark(id) {
    for (const [each, card] of this.all) {
      card.classList.toggle("chosen", each === id);
      card.querySelector(".who").setAttribute("aria-pressed", each === id);
    }
  }

  /** The next card in reading order. */
  step(by) {
    const buttons = [...$("grid").querySelectorAll(".who")];
    const chosen = $("grid").querySelector(".chosen .who");
    const at = buttons.findIndex((each) => each === document.activeElement || each === chosen);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
  }

  walk(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || !event.target.matches(".who")) return;
    event.preventDefault();
    this.step(by);
  }
}

/** The greeting is the same in every call: it is shown until there is something else. */
function lastLines(call, most) {
  const lines = [];
  if (call.partial) lines.push(line(call.partial));
  for (let n = call.events.length - 1; n >= 0 && lines.length < most; n--) {
    const each = call.events[n].kind === "greeted" && lines.length ? null : line(call.events[n]);
    if (each) lines.push(each);
  }
  return lines.reverse();
}

function chips(call) {
  const deeds = [];
  for (let n = call.events.length - 1; n >= 0 && deeds.length < DEEDS; n--) {
    const told = deed(call.events[n]);
    if (told && !told.vain && !deeds.some((each) => each.kind === told.kind)) deeds.push(told);
  }
  return deeds.reverse().map((each) => make("li", each.kind, each.text));
}

/** A small line of the hearing confidence, turn by turn. */
function spark(svg, call) {
  const last = call.confidences.slice(-POINTS);
  const percent = Math.round((hearing(call) ?? 0) * 100);
  svg.setAttribute("aria-label", last.length ? word("hearing", { n: percent }) : "");
  svg.classList.toggle("none", !last.length);
  const points = last.length === 1 ? [last[0], last[0]] : last;
  const step = WIDTH / Math.max(1, points.length - 1);
  const spelled = points.map((each, n) => `${(n * step).toFixed(1)},${(HEIGHT - 2 - each * (HEIGHT - 4)).toFixed(1)}`);
  svg.firstElementChild.setAttribute("points", spelled.join(" "));
}
