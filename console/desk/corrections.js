// What was heard wrong in a finished call, set right in place; what stood there stays on record.

import { ask, make, toast, trouble, words } from "/look/house.js";

export const NAME = 0;
const CORRECTABLE = new Set(["heard", "staff"]);

const me = () => localStorage.getItem("me") || "assistant";
const path = (call) => `calls/${encodeURIComponent(call.id)}/corrections`;

/** Whether a correction of event `of` is in force, as the events tell. */
export function corrected(call, of) {
  const all = call.events.filter((each) => each.kind === "corrected" && each.of === of);
  return all.reduce((count, each) => count + (each.undone ? -1 : 1), 0) > 0;
}

/** Takes the last correction of event `of` back. */
export const takeBack = (call, of) => ask(`${path(call)}/${of}/undo`, "POST", { by: me() });

/** Adds the ways to correct the item of an event, if it is one that was heard. `again()` shows the call anew. */
export function withCorrecting(item, event, call, again) {
  if (!CORRECTABLE.has(event.kind) || !event.text || call.state === "open") return item;
  const acts = make("span", "mend");
  acts.append(button("correct", () => edit(item, acts, event, call, again)));
  if (corrected(call, event.seq)) acts.append(button("uncorrect", () => carry(() => takeBack(call, event.seq), again, words.uncorrected)));
  item.append(acts);
  return item;
}

function button(name, act) {
  const each = make("button", "quiet", words[name]);
  each.dataset.act = name;
  each.onclick = act;
  return each;
}

function edit(item, acts, event, call, again) {
  const form = make("form", "correct");
  const text = make("textarea");
  text.value = event.corrected ?? event.text;
  text.maxLength = 5000;
  text.required = true;
  text.rows = 2;
  text.setAttribute("aria-label", words.really_said);
  const close = () => {
    form.replaceWith(acts);
    acts.querySelector("button").focus();
  };
  const leave = button("leave_it", close);
  leave.type = "button";
  form.append(text, make("button", "main", words.save), leave);
  form.onsubmit = (submitted) => {
    submitted.preventDefault();
    carry(() => ask(path(call), "POST", { of: event.seq, text: text.value, by: me() }), again, words.corrected);
  };
  text.onkeydown = (pressed) => {
    if (pressed.key === "Escape") close();
    if (pressed.key !== "Enter" || pressed.shiftKey || pressed.isComposing) return;
    pressed.preventDefault();
    form.requestSubmit();
  };
  acts.replaceWith(form);
  text.focus();
}

async function carry(work, again, done) {
  try {
    await work();
    toast(done);
    await again();
  } catch (error) {
    toast(trouble(error), true);
  }
}
