// What every page of the study does: who is writing, one-key shortcuts, and a line that tells what was done.

import { $, Refused, askForKey, make, toast, trouble, word, words } from "/look/house.js";

const UNDO_MS = 15_000;
const TYPED = "input:not([type=checkbox]):not([type=radio]), textarea, select";

/** Who is writing, as far as they have said so. */
export const me = () => localStorage.getItem("me") || undefined;

/** Calls `load` now, and again once there is a key where one is asked for. */
export async function begin(load) {
  try {
    await load();
  } catch (error) {
    if (error instanceof Refused) askForKey(() => begin(load));
    else toast(trouble(error), true);
  }
}

/** `work`, with what goes wrong told; undefined then. `afresh` shows what somebody else was faster to change. */
export async function tried(work, afresh = () => {}) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) askForKey(() => {});
    else toast(said(error), true);
    if (error.status === 409 || error.status === 404) await afresh();
  }
}

/** What went wrong, in the reader's words. */
export const said = (error) => words[`problem_${error.status}`] ?? trouble(error);

let takeBack = null;

/** Tells what was done; `undo` takes it back, by the button beside it or by the key U. */
export function done(text, undo = null) {
  toast(text, false, undo ? UNDO_MS : undefined);
  takeBack = undo;
  if (!undo) return;
  const button = make("button", "", words.undo);
  button.onclick = undoLast;
  $("toast").append(" ", button);
}

async function undoLast() {
  const undo = takeBack;
  takeBack = null;
  if (!undo) return toast(words.nothing_to_undo);
  await tried(undo);
}

/** One-key shortcuts: `acts` by key. None while somebody types, in a dialog, or where they are switched off. */
export function shortcuts(acts) {
  const all = { u: undoLast, "?": () => $("keys").showModal(), ...acts };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.matches(TYPED) || !$("keys_on").checked) return;
    const act = all[event.key] ?? all[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** `act` once nobody has typed for a moment. */
export function settled(act, after = 150) {
  let waiting;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(act, after);
  };
}

/** The day and hour of a version. */
export function when(at) {
  return new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}

/** Who wrote a version, in the reader's words where it was not a person. */
export const writer = (author) => words[`author_${author.replaceAll(" ", "_")}`] ?? author;

/** A word of the page for a value of a closed list. */
export const spelled = (kind, value) => words[`${kind}_${value}`] ?? value;

const FAULTS = JSON.parse($("faults").textContent).map(([said, told]) => {
  const literal = (text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return [new RegExp(`^${literal(said).replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s"), told];
});

/** What the house said of a fault, in the reader's language as far as there are words for it. */
function reworded(said) {
  for (const [pattern, told] of FAULTS) {
    const found = said?.match(pattern);
    if (found) return told.replace(/\{(\w+)\}/g, (_, gap) => found.groups[gap]);
  }
  return said;
}

/** The problem's faults beside the fields of `form` that they are about, and in its list. */
export function showFaults(form, problem) {
  clearFaults(form);
  const list = form.querySelector(".faults");
  const errors = problem.told?.errors ?? [{ what: said(problem) }];
  for (const { where, line, what, mend } of errors) {
    const field = [...form.elements].find((each) => each.name && where && (where === each.name || each.name.startsWith(`${where}.`)));
    field?.setAttribute("aria-invalid", "true");
    const label = field?.labels?.[0]?.firstChild?.textContent.trim() ?? "";
    const place = label || (line ? word("in_line", { file: where, line }) : "");
    list.append(make("p", "", [place && `${place}:`, reworded(what), reworded(mend)].filter(Boolean).join(" ")));
    (field ?? list).scrollIntoView({ block: "nearest" });
  }
  list.hidden = false;
  list.focus();
}

export function clearFaults(form) {
  const list = form.querySelector(".faults");
  list.replaceChildren();
  list.hidden = true;
  for (const each of form.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
}

document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
$("help").onclick = () => $("keys").showModal();
$("me").value = me() ?? "";
$("me").onchange = () => localStorage.setItem("me", $("me").value.trim());
$("keys_on").checked = localStorage.getItem("keys") !== "off";
$("keys_on").onchange = () => localStorage.setItem("keys", $("keys_on").checked ? "on" : "off");
