// The circles and who is in them.

import { $, ask, make, word, words } from "/look/house.js";
import { bulk } from "./bulk.js";
import { add, edit } from "./editor.js";
import { history } from "./history.js";
import { begin, done, me, settled, shortcuts, spelled, tried } from "./study.js";

const CIRCLES = ["inner", "trusted", "known", "anyone", "blocked"];
const SHAPE = {
  leaves: (row) => ({
    name: row?.name ?? "", company: row?.company ?? "", circle: row?.circle ?? "known", language: row?.language ?? "",
    numbers: row?.numbers.join("\n") ?? "", email: row?.email ?? "", notes: row?.notes ?? "", pin: "",
  }),
  whole: ({ numbers, language, email, pin, ...rest }) => ({
    ...rest, numbers: numbers.split(/[\n,;]+/).map((each) => each.trim()).filter(Boolean), language: language || null,
    email: email || null, ...(pin ? { pin } : {}),
  }),
};

let asked = 0;

async function load() {
  const mine = ++asked;
  const q = encodeURIComponent($("find").q.value);
  const people = [];
  for (let next = ""; next !== null; ) {
    const found = await ask(`contacts?limit=500&q=${q}${next && `&next=${next}`}`);
    if (mine !== asked) return;
    people.push(...found.items);
    next = found.next;
  }
  people.sort((one, other) => one.name.localeCompare(other.name));
  for (const circle of CIRCLES) list(circle).replaceChildren(...people.filter((each) => each.circle === circle).map(draw));
  count();
}

const list = (circle) => document.querySelector(`[data-circle=${circle}] ul`);

function count() {
  let all = 0;
  for (const section of document.querySelectorAll(".circle")) {
    const { length } = section.querySelector("ul").children;
    section.querySelector("small").textContent = length;
    section.hidden = !length;
    all += length;
  }
  $("count").textContent = all;
  $("none").hidden = all > 0;
}

const path = (row) => `contacts/${encodeURIComponent(row.id)}`;

function draw(row) {
  const card = make("li", "thing person");
  Object.assign(card, { row, tabIndex: -1 });
  card.dataset.id = row.id;
  const name = make("h3", "", row.name);
  name.dir = "auto";
  card.append(name, chips(row));
  if (row.notes) card.append(Object.assign(make("p", "facts", row.notes), { dir: "auto" }));
  card.append(acts(card, row), make("div", "below"));
  return card;
}

function chips(row) {
  const told = [row.company, ...row.numbers, row.email, row.language && spelled("language", row.language), row.has_pin && words.has_pin];
  const all = make("ul", "chips");
  all.append(...told.filter(Boolean).map((each) => make("li", "", each)));
  return all;
}

function acts(card, row) {
  const all = make("div", "acts");
  const circle = make("select");
  circle.setAttribute("aria-label", `${words.move}: ${row.name}`);
  circle.append(...CIRCLES.map((each) => new Option(spelled("circle", each), each, false, each === row.circle)));
  circle.onchange = () => move(card, circle.value);
  const button = (name, act) => {
    const each = make("button", "quiet", words[name]);
    each.dataset.act = name;
    each.onclick = act;
    all.append(each);
  };
  all.append(circle);
  button("edit", () => write(card));
  button("history", () => history(card, path(row), (kept) => renew(card, kept)));
  if (row.has_pin) button("take_pin", () => change(card, { pin: null }, words.pin_taken));
  button("archive", () => archive(card));
  return all;
}

/** Puts the card of what is now on file where it belongs. */
function renew(card, row) {
  const fresh = draw(row);
  card.remove();
  document.querySelector(`li[data-id="${CSS.escape(row.id)}"]`)?.remove();
  if (row.status !== "archived") {
    const others = [...list(row.circle).children];
    list(row.circle).insertBefore(fresh, others.find((each) => each.row.name.localeCompare(row.name) > 0) ?? null);
  }
  count();
  fresh.focus();
  return fresh;
}

function kept(card, row, what) {
  const now = renew(card, row);
  done(what, async () => {
    renew(now, await ask(`${path(row)}/undo`, "POST", { author: me() }));
    done(words.undone);
  });
}

async function change(card, data, what) {
  const { row } = card;
  const now = await tried(() => ask(path(row), "PUT", { ...data, version: row.version, author: me() }), load);
  if (now) kept(card, now, what);
}

const move = (card, circle) => change(card, { circle }, word("moved", { name: card.row.name, circle: spelled("circle", circle) }));

async function archive(card) {
  const { row } = card;
  const who = me() ? `&author=${encodeURIComponent(me())}` : "";
  const now = await tried(() => ask(`${path(row)}?version=${row.version}${who}`, "DELETE"), load);
  if (!now) return;
  card.remove();
  count();
  done(words.archived, async () => {
    renew(card, await ask(`${path(row)}/undo`, "POST", { author: me() }));
    done(words.undone);
  });
}

const write = (card) => edit(card, SHAPE, path, kept);
const addOne = () => add("contacts", SHAPE, (row) => kept(make("li"), row, words.saved));

$("find").oninput = settled(() => tried(load));
$("find").onsubmit = (event) => event.preventDefault();
$("add").onclick = addOne;
bulk("contacts", load);
shortcuts({ "/": () => $("find").q.focus(), n: addOne });
begin(load);
