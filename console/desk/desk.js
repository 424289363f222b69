// The desk: the feed on one side, what is shown on the other.

import { Cards } from "./cards.js";
import { Detail } from "./detail.js";
import { Feed } from "./feed.js";
import { $, Refused, asAt, ask, askForKey, houseTime, toast, trouble, words } from "/look/house.js";
import { Inbox } from "./inbox.js";
import { Rings } from "./rings.js";
import { Calls } from "./state.js";

const SORT_MS = 1000;
const GONE_MS = 30_000;

const calls = new Calls((id) => ask(`calls/${encodeURIComponent(id)}`), changed);
const cards = new Cards(choose);
const rings = new Rings(answer, choose);
const detail = new Detail(() => $("me").value.trim(), shut);
const feed = new Feed((event) => calls.hear(event), connected);
const inbox = new Inbox();
const stale = new Set();

let drawing = null;
let sorted = 0;

function changed(call, event) {
  stale.add(call);
  if (detail.call === call) detail.hear(event);
  rings.show(call);
  if (event?.kind === "message" || event?.kind === "promise") inbox.refresh();
  if (call.ended || !call.staffed) detail.vacate(call);
  if (call.ended && !call.leaving) call.leaving = setTimeout(leave, GONE_MS, call.row.id);
  drawing ??= setTimeout(draw, 16);
}

function draw() {
  drawing = null;
  const now = houseTime();
  if (cards.crowded(calls.all.size)) for (const call of calls.all.values()) if (call.seq) stale.add(call);
  for (const call of stale) if (calls.all.has(call.row.id)) cards.draw(call, now);
  stale.clear();
  const open = [...calls.all.values()].filter((call) => !call.ended).length;
  $("live_count").textContent = open;
  $("nobody").hidden = calls.all.size > 0;
  if (cards.all.size !== sorted) sort(now);
}

function sort(now) {
  sorted = cards.all.size;
  cards.sort([...calls.all.values()].filter((call) => cards.all.has(call.row.id)), now);
}

function tick() {
  const now = houseTime();
  for (const call of calls.all.values()) if (cards.all.has(call.row.id)) cards.wait(call, now);
  rings.tick(now);
  sort(now);
}

/** A call that is over stays for a while, and for as long as it is on screen. */
function leave(id) {
  const call = calls.all.get(id);
  if (detail.call === call) return void (call.leaving = setTimeout(leave, GONE_MS, id));
  calls.forget(id);
  cards.drop(id);
  draw();
}

function choose(id) {
  const call = calls.all.get(id);
  if (!call) return;
  show("live");
  history.replaceState(null, "", "#live"); // so that the way back to the inbox is a change of address
  detail.open(call);
  cards.mark(id);
  $("detail").focus({ preventScroll: true });
}

function shut(id) {
  cards.mark(null);
  cards.all.get(id)?.querySelector(".who").focus();
}

/** The text has the focus before anything is asked, so that what is typed at once is no shortcut. */
async function answer(handOff, how) {
  const call = [...calls.all.values()].find((each) => each.handOff?.id === handOff.id);
  if (how === "accept") {
    choose(call.row.id);
    return detail.take(call, handOff.id);
  }
  try {
    await ask(`hand-offs/${encodeURIComponent(handOff.id)}/decline`, "POST");
    toast(words.declined);
  } catch (error) {
    toast(error.status === 409 ? words.too_late : trouble(error), true);
  }
}

async function connected(state) {
  $("link").dataset.state = state;
  $("link").textContent = words[state] ?? "";
  if (state === "refused") return askForKey(() => feed.follow());
  if (state !== "connected") return;
  const afresh = feed.cursor === null;
  try {
    if (!detail.preferences.size) await learn().catch((error) => toast(trouble(error), true));
    const { items } = await ask("calls?open=true&limit=500");
    calls.reconcile(items, afresh);
    inbox.refresh();
  } catch (error) {
    if (!(error instanceof Refused)) toast(trouble(error), true);
  }
}

/** What is the same for all calls: who sits here, how long it rings, what the preferences say. */
async function learn() {
  const [policy, preferences] = await Promise.all([ask("voice-policy"), ask("preferences")]);
  asAt(policy);
  rings.seconds = policy.hand_off?.ring_seconds ?? rings.seconds;
  detail.mayListen = policy.listening !== "off";
  $("me").value ||= localStorage.getItem("me") ?? policy.assistant?.name ?? "";
  const language = document.documentElement.lang;
  for (const { id, text } of preferences.items) detail.preferences.set(id, text[language] ?? Object.values(text)[0]);
}

function show(view) {
  for (const each of ["live", "inbox"]) {
    $(each).hidden = each !== view;
    $(`to_${each}`).setAttribute("aria-current", each === view ? "page" : "false");
  }
  document.body.classList.toggle("owing", view === "inbox");
}

const press = (id) => () => detail.call && !detail.call.ended && !$(id).hidden && $(id).click();

const KEYS = {
  a: () => rings.first && answer(rings.first, "accept"),
  d: () => rings.first && answer(rings.first, "decline"),
  j: () => cards.step(1),
  k: () => cards.step(-1),
  g: () => write("guidance"),
  s: () => write("say"),
  l: press("listen"),
  t: press("take_over"),
  v: press("talk_now"),
  b: press("hand_back"),
  p: press("put_through"),
  m: press("take_message"),
  e: press("end"),
  i: () => (location.hash = $("inbox").hidden ? "inbox" : "live"),
  "/": () => location.assign(`/desk/calls?lang=${document.documentElement.lang}`),
  "?": () => $("keys").showModal(),
};

function write(mode) {
  if (!detail.call || detail.call.ended) return;
  detail.mode = mode;
  $("text").focus();
}

/** The keys stand on the buttons for as long as they work. */
function keyed() {
  document.body.classList.toggle("keyed", $("keys_on").checked);
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("keys").open && detail.call) {
    if (event.target === $("text")) return $("detail").focus(); // from where the keys work again
    return $("shut").click();
  }
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !$("keys_on").checked) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
addEventListener("hashchange", () => show(location.hash === "#inbox" ? "inbox" : "live"));

$("help").onclick = () => $("keys").showModal();
$("me").onchange = () => localStorage.setItem("me", $("me").value.trim());
$("keys_on").checked = localStorage.getItem("keys") !== "off";
$("keys_on").onchange = () => {
  localStorage.setItem("keys", $("keys_on").checked ? "on" : "off");
  keyed();
};
keyed();
$("link").textContent = words.connecting;
show(location.hash === "#inbox" ? "inbox" : "live");
setInterval(tick, SORT_MS);
feed.follow();
