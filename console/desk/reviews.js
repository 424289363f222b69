// Reviews of a finished call: one tap for each thing done, right or wrong.

import { ask, make, toast, trouble, words } from "/look/house.js";

const REVIEWED = new Set(["message", "promise", "booking", "followed"]);
const VERDICTS = ["accepted", "corrected", "serious"];

/** What was said of the call's deeds: verdicts by seq. Nobody has to have reviewed anything. */
export async function reviewsOf(id) {
  try {
    const { items } = await ask(`reviews?call_id=${encodeURIComponent(id)}`);
    return new Map(items.map((each) => [each.seq, each.verdict]));
  } catch {
    return null;
  }
}

/** Adds the taps to the item of an event, if it is one that is reviewed. */
export function withTaps(item, event, call, reviews) {
  const done = REVIEWED.has(event.kind) || (event.kind === "hand_off" && event.state === "offered");
  if (!done || !reviews || call.state === "open" || call.circle === "blocked") return item;
  const taps = make("span", "taps");
  taps.setAttribute("role", "group");
  taps.setAttribute("aria-label", words.review);
  for (const verdict of VERDICTS) {
    const tap = make("button", "quiet", words[`review_${verdict}`]);
    tap.dataset.verdict = verdict;
    tap.setAttribute("aria-pressed", reviews.get(event.seq) === verdict);
    tap.onclick = () => review(taps, { call_id: call.id, seq: event.seq, verdict });
    taps.append(tap);
  }
  item.append(taps);
  return item;
}

async function review(taps, said) {
  try {
    await ask("reviews", "POST", { ...said, by: localStorage.getItem("me") || "assistant" });
    for (const tap of taps.querySelectorAll("[data-verdict]")) tap.setAttribute("aria-pressed", tap.dataset.verdict === said.verdict);
    taps.querySelector("form")?.remove();
    if (said.verdict === "corrected" && !said.note) taps.append(better(taps, said));
    toast(words.reviewed);
  } catch (error) {
    toast(trouble(error), true);
  }
}

/** What would have been right: the same told twice becomes a proposal. */
function better(taps, said) {
  const form = make("form", "correct");
  const note = make("input");
  note.maxLength = 2000;
  note.required = true;
  note.placeholder = words.better;
  note.setAttribute("aria-label", words.better);
  form.append(note, make("button", "", words.save));
  form.onsubmit = (event) => {
    event.preventDefault();
    review(taps, { ...said, note: note.value });
  };
  return form;
}
