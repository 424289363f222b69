// The preferences: found as one types, written in place, approved, archived, gone back on.

import { $, ask, language, make, word, words } from "/look/house.js";
import { bulk } from "./bulk.js";
import { add, edit } from "./editor.js";
import { history } from "./history.js";
import { replay } from "./replay.js";
import { begin, done, me, settled, shortcuts, spelled, tried, when, writer } from "./study.js";

const PAGE = 60;
const find = $("find");
const COVERED = ["inner", "nobody"];
const uncovered = new Set();
const topics = new Set();
const people = new Map();
let asked = 0;

const SHAPE = {
  leaves: (row) => ({
    "text.es": row?.text.es ?? "", "text.en": row?.text.en ?? "", audience: row?.audience ?? "anyone", topic: row?.topic ?? "",
    when: row?.when ?? "", do: row?.do ?? "", "say.es": row?.say.es ?? "", "say.en": row?.say.en ?? "",
    "valid.from": row?.valid.from ?? "", "valid.until": row?.valid.until ?? "", callers: names(row?.callers),
  }),
  whole: (fields) => ({
    text: texts(fields, "text"), audience: fields.audience, topic: fields.topic, when: fields.when || null, do: fields.do || null,
    say: texts(fields, "say"), callers: ids(fields.callers), valid: { from: fields["valid.from"] || null, until: fields["valid.until"] || null },
  }),
};

/** People by name as the form has them, and their ids as they are kept. */
function names(callers = []) {
  for (const id of callers) if (!people.has(id)) people.set(id, id);
  return callers.map((id) => people.get(id)).join(", ");
}

function ids(text) {
  const told = text.split(",").map((each) => each.trim()).filter(Boolean);
  return told.map((who) => {
    const found = [...people].find(([id, name]) => id === who || name.toLowerCase() === who.toLowerCase());
    if (!found) throw { told: { errors: [{ where: "callers", what: word("no_such_person", { who }) }] } };
    return found[0];
  });
}

/** A wording by language, without the languages that it is not in. */
function texts(fields, name) {
  const both = ["es", "en"].map((each) => [each, fields[`${name}.${each}`]]);
  return Object.fromEntries(both.filter(([, text]) => text));
}

async function load(next = "") {
  const mine = ++asked;
  const sought = new URLSearchParams([...new FormData(find)].filter(([, value]) => value));
  sought.set("limit", PAGE);
  if (next) sought.set("next", next);
  const found = await ask(`preferences?${sought}`);
  if (mine !== asked) return;
  const cards = found.items.map(draw);
  if (next) $("list").append(...cards);
  else $("list").replaceChildren(...cards);
  $("more").hidden = !found.next;
  $("more").onclick = () => tried(() => load(found.next));
  $("none").hidden = $("list").children.length > 0;
  $("count").textContent = `${$("list").children.length}${found.next ? "+" : ""}`;
  for (const row of found.items) remember(row.topic);
}

function remember(topic) {
  if (!topic || topics.has(topic)) return;
  topics.add(topic);
  const sorted = [...topics].sort((one, other) => spelled("topic", one).localeCompare(spelled("topic", other)));
  const chosen = find.topic.value;
  find.topic.replaceChildren(find.topic.options[0], ...sorted.map((each) => new Option(spelled("topic", each), each)));
  find.topic.value = chosen;
  $("topics").replaceChildren(...sorted.map((each) => new Option(spelled("topic", each), each)));
}

/** The whole preference as it stands, with what can be done to it. */
function draw(row) {
  const card = make("li", "thing");
  card.dataset.id = row.id;
  card.row = row;
  card.tabIndex = -1;
  card.classList.add(row.status);
  card.append(...(isCovered(row) ? [make("p", "hint", words.covered)] : told(row)), chips(row), acts(card, row), make("div", "below"));
  return card;
}

/** Whoever looks over a shoulder reads nothing that is for few or for nobody, until it is asked for. */
const isCovered = (row) => COVERED.includes(row.audience) && !uncovered.has(row.id);

function told(row) {
  const texts = Object.entries(row.text).sort(([one]) => (one === language ? -1 : 1));
  const lines = texts.map(([tongue, text]) => wording(tongue, text));
  const rule = [row.when && word("if_asked", { when: row.when }), row.do && spelled("do", row.do)].filter(Boolean).join(" → ");
  return rule ? [...lines, make("p", "rule", rule)] : lines;
}

/** Shows what is covered, or covers it again. */
function reveal(card) {
  const { row } = card;
  if (!uncovered.delete(row.id)) uncovered.add(row.id);
  renew(card, row).querySelector("[data-act=reveal]").focus();
}

function wording(tongue, text) {
  const line = make("p", "wording", text);
  line.lang = tongue;
  line.dir = "auto";
  return line;
}

function chips(row) {
  const list = make("ul", "chips");
  const { from, until } = row.valid;
  const told = [
    row.status === "draft" && words.status_draft,
    row.status === "archived" && words.status_archived,
    row.callers?.length ? word("only_for", { who: names(row.callers) }) : spelled("audience", row.audience),
    row.topic && spelled("topic", row.topic),
    (from || until) && [from && word("from_day", { day: from }), until && word("until_day", { day: until })].filter(Boolean).join(" "),
    `${writer(row.author)}, ${when(row.updated)}`,
  ];
  list.append(...told.filter(Boolean).map((each) => make("li", "", each)));
  list.firstChild.classList.add(row.status);
  return list;
}

/** What a replay needs of a draft. */
const draftOf = ({ id, text, audience, topic, when, do: act, say, valid, callers }) => ({ id, text, audience, topic, when, do: act, say, valid, callers });

function acts(card, row) {
  const all = make("div", "acts");
  const button = (name, act, kind = "quiet") => {
    const each = make("button", kind, words[name]);
    each.dataset.act = name;
    each.onclick = act;
    all.append(each);
    return each;
  };
  if (COVERED.includes(row.audience)) button("reveal", () => reveal(card)).setAttribute("aria-pressed", uncovered.has(row.id));
  if (row.status !== "approved") button("approve", () => approve(card), "main");
  if (row.status === "draft") button("replay", () => tried(() => replay(card.querySelector(".below"), "replay", draftOf(row))));
  button("edit", () => write(card), "");
  button("history", () => history(card, `preferences/${encodeURIComponent(row.id)}`, (kept) => renew(card, kept)));
  if (row.status !== "archived") button("archive", () => archive(card));
  return all;
}

/** The card of what is now on file. */
function renew(card, row, note = null) {
  const fresh = draw(row);
  card.replaceWith(fresh);
  remember(row.topic);
  if (note) fresh.querySelector(".below").append(note);
  fresh.focus({ preventScroll: true });
  return fresh;
}

const path = (row) => `preferences/${encodeURIComponent(row.id)}`;

/** What was kept is told and can be taken back; what answers the same differently is shown beside it. */
function kept(card, row, what) {
  const now = renew(card, row, row.conflicts?.length ? conflicts(row) : null);
  done(what, async () => {
    const back = await ask(`${path(row)}/undo`, "POST", { author: me() });
    if (back.status === "archived" && row.version === 1) now.remove();
    else renew($("list").querySelector(`[data-id="${CSS.escape(row.id)}"]`) ?? now, back);
    done(words.undone);
  });
}

function conflicts(row) {
  const box = make("section", "conflicts");
  box.append(make("h3", "", words.conflicts));
  for (const each of row.conflicts) {
    const both = make("dl");
    for (const [id, text] of [[row.id, each.mine], [each.id, each.text]]) {
      const used = each.used === id ? ` ${words.used_meanwhile}` : "";
      both.append(make("dt", "", id === row.id ? `${words.this_one}${used}` : `${words.the_other} (${id})${used}`));
      for (const [tongue, wording] of Object.entries(text)) both.append(Object.assign(make("dd", "", wording), { lang: tongue, dir: "auto" }));
    }
    const go = make("button", "", words.see_other);
    go.onclick = () => show(each.id);
    box.append(both, go);
  }
  return box;
}

/** The preference with this id, alone. */
async function show(id) {
  find.reset();
  find.q.value = id;
  await tried(() => load());
  const card = $("list").querySelector(`[data-id="${CSS.escape(id)}"]`);
  card?.focus();
}

const afresh = (card) => async () => renew(card, await ask(path(card.row)));

async function approve(card) {
  const { row } = card;
  const now = await tried(() => ask(`${path(row)}/approve`, "POST", { version: row.version, author: me() }), afresh(card));
  if (now) kept(card, now, words.approved);
}

async function archive(card) {
  const { row } = card;
  const who = me() ? `&author=${encodeURIComponent(me())}` : "";
  const now = await tried(() => ask(`${path(row)}?version=${row.version}${who}`, "DELETE"), afresh(card));
  if (now) kept(card, now, words.archived);
}

const write = (card) => edit(card, SHAPE, path, kept);

const addOne = () =>
  add("preferences", SHAPE, (row) => {
    const card = make("li");
    $("list").prepend(card);
    kept(card, row, row.status === "draft" ? words.saved_draft : words.saved);
  });

const current = () => document.activeElement.closest?.("#list > li") ?? $("list").firstElementChild;

function step(ahead) {
  const cards = [...$("list").children];
  const at = cards.indexOf(document.activeElement.closest?.("#list > li"));
  const card = cards[Math.max(0, Math.min(cards.length - 1, at + ahead))];
  card?.focus();
  card?.scrollIntoView({ block: "nearest" });
}

const press = (name) => current()?.querySelector(`[data-act=${name}]`)?.click();

find.oninput = settled(() => tried(() => load()));
find.onsubmit = (event) => event.preventDefault();
$("add").onclick = addOne;
bulk("preferences", () => load());
shortcuts({
  "/": () => find.q.focus(), n: addOne, j: () => step(1), k: () => step(-1),
  e: () => press("edit"), a: () => press("approve"), h: () => press("history"), v: () => press("reveal"),
});
/** Who rules can be for. */
async function know() {
  const { items } = await ask("contacts?limit=500");
  for (const { id, name } of items) people.set(id, name);
  $("people").replaceChildren(...items.map(({ name }) => new Option(name)));
}

begin(async () => {
  await know();
  await (location.hash ? show(decodeURIComponent(location.hash.slice(1))) : load());
});
