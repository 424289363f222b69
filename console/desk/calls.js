// Finding a call, and the whole record of it. The call on screen stands in the address, as #id or #id/seq.

import { $, Refused, asAt, ask, askForKey, language, make, moment, toast, trouble, who, word, words } from "/look/house.js";
import { NAME, corrected, takeBack, withCorrecting } from "./corrections.js";
import { reviewsOf, withTaps } from "./reviews.js";
import { listenTo } from "./listening.js";
import { deedItem, facts, line } from "./telling.js";

const PAGE = 50;
const PAUSE_MS = 250;

let next = null;
let round = 0;
let typing;

async function guarded(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused) askForKey(begin);
    else toast(trouble(error), true);
  }
}

/** `more`: the next page of the same search. */
async function search(more = false) {
  const asked = new URLSearchParams(new FormData($("find")));
  asked.set("limit", PAGE);
  if (more) asked.set("next", next);
  const mine = ++round;
  const page = await ask(`calls?${asked}`);
  if (mine !== round) return; // a later search was faster
  const items = page.items.map(entry);
  if (more) $("found").append(...items);
  else $("found").replaceChildren(...items);
  next = page.next;
  $("more").hidden = next === null;
  $("none").hidden = $("found").children.length > 0;
  mark();
}

function entry(call) {
  const item = make("li");
  const button = make("button");
  button.dataset.id = call.id;
  const came = call.state === "open" ? words.open : call.state === "interrupted" ? words.interrupted : word(`outcome_${call.outcome}`);
  button.append(make("b", "", who(call)), make("small", "", `${moment(call.started)} · ${came}`), make("small", "", facts(call)));
  button.onclick = () => {
    location.hash = call.id;
    $("whole").focus();
  };
  item.append(button);
  return item;
}

async function show() {
  const [id, seq] = location.hash.slice(1).split("/");
  mark();
  if (!id) return;
  const [call, reviews] = await Promise.all([ask(`calls/${encodeURIComponent(id)}?language=${language}`), reviewsOf(id)]);
  if (location.hash.slice(1).split("/")[0] !== id) return;
  $("whole").hidden = false;
  $("whole_who").textContent = who(call);
  $("whole_facts").textContent = `${moment(call.started)} · ${facts(call)}`;
  $("summary").replaceChildren(...call.summary.map((each) => grounded(each, id)));
  $("record").replaceChildren(...call.events.map((event) => row(event, call, reviews)).filter(Boolean));
  listenTo(call);
  $("rename").hidden = call.state === "open";
  $("rename").elements.name.value = call.name ?? "";
  $("unname").hidden = call.state === "open" || !corrected(call, NAME);
  $("unname").onclick = () => guarded(() => unname(call));
  $("rename").onsubmit = (event) => {
    event.preventDefault();
    guarded(() => rename(id));
  };
  point(seq);
}

/** A sentence, and the way to the event that it stands on. */
function grounded({ text, seq }, id) {
  const item = make("li", "", `${text} `);
  const link = make("a", "", `↧ ${seq}`);
  link.href = `#${id}/${seq}`;
  link.title = words.stands_at;
  link.setAttribute("aria-label", `${words.stands_at}: ${seq}`);
  item.append(link);
  return item;
}

function row(event, call, reviews) {
  const item = line(event) ?? deedItem(event);
  return item && withTaps(withCorrecting(item, event, call, () => show()), event, call, reviews);
}

/** Who it really was: on the call, and among the contacts for the next one. */
async function rename(id) {
  await ask(`calls/${encodeURIComponent(id)}/caller`, "PUT", { name: $("rename").elements.name.value });
  toast(words.renamed);
  await search();
  await show();
}

async function unname(call) {
  await takeBack(call, NAME);
  toast(words.uncorrected);
  await search();
  await show();
}

function point(seq) {
  $("record").querySelector(".pointed")?.classList.remove("pointed");
  const item = seq && $("record").querySelector(`[data-seq="${CSS.escape(seq)}"]`);
  item?.classList.add("pointed");
  item?.scrollIntoView({ block: "center" });
}

function mark() {
  const id = location.hash.slice(1).split("/")[0];
  for (const each of $("found").querySelectorAll("button")) each.setAttribute("aria-pressed", each.dataset.id === id);
}

function begin() {
  guarded(async () => {
    asAt(await ask("voice-policy"));
    await search();
    await show();
  });
}

$("find").onsubmit = (event) => {
  event.preventDefault();
  guarded(() => search());
};
$("find").oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(() => guarded(() => search()), PAUSE_MS);
};
$("more").onclick = () => guarded(() => search(true));
addEventListener("hashchange", () => guarded(show));
begin();
