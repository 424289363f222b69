// The day at a glance: figures, plots with their tables, and what callers wanted.

import { $, Refused, ask, askForKey, headers, language, make, toast, trouble, word, words } from "/look/house.js";
import { bars, columns } from "./plots.js";

const form = $("span");
const DAY_MS = 86_400_000;

function asked() {
  const days = new URLSearchParams();
  for (const name of ["since", "until"]) if (form.elements[name].value) days.set(name, form.elements[name].value);
  return days.toString();
}

async function show() {
  try {
    draw(await ask(`day?${asked()}`));
  } catch (error) {
    if (error instanceof Refused) return askForKey(show);
    toast(trouble(error), true);
  }
}

function draw(glance) {
  form.elements.since.value = glance.since;
  form.elements.until.value = glance.until;
  $("figures").replaceChildren(...figures(glance).flatMap(figure));
  $("plots").replaceChildren(...plots(glance));
  $("wanted").replaceChildren(...glance.wanted.map(wish));
  $("none").hidden = glance.calls > 0;
}

function figures({ calls, without_a_person, minutes_protected, hand_offs, promises, latency }) {
  const took = hand_offs.seconds_to_take;
  const taken = word(took === null ? "taken_none" : "taken", { n: hand_offs.taken, s: number(took) });
  return [
    [words.calls, number(calls), ""],
    [words.alone, number(without_a_person), calls ? `${Math.round((100 * without_a_person) / calls)} %` : ""],
    [words.minutes, number(minutes_protected), ""],
    [words.rung, number(hand_offs.rung), hand_offs.rung ? taken : ""],
    [words.kept, word("of", { n: promises.kept, all: promises.made }), due(promises)],
    [words.latency, latency.p50_s === null ? "–" : `${number(latency.p50_s)} s`, latency.p95_s === null ? "" : word("latency_p95", { s: number(latency.p95_s) })],
  ];
}

function due({ open, overdue }) {
  return [open && word("still_open", { n: open }), overdue && word("overdue", { n: overdue })].filter(Boolean).join(" · ");
}

const number = (value) => (value === null ? "–" : value.toLocaleString(language));

function figure([name, value, more]) {
  const box = make("div");
  box.append(make("dt", "", name), make("dd", "", value), make("dd", "facts", more));
  return [box];
}

function plots(glance) {
  const { taken, declined, timed_out } = glance.hand_offs;
  const outcomes = Object.entries(glance.outcomes).map(([name, n]) => [words[`outcome_${name}`] ?? words[name], n]);
  const languages = Object.entries(glance.languages).map(([name, n]) => [words[`lang_${name}`], n]);
  const ends = [[words.hand_taken, taken], [words.hand_declined, declined], [words.hand_timed_out, timed_out]];
  const { kept, open, overdue, broken } = glance.promises;
  const promised = [[words.promise_kept, kept], [words.promise_open, open - overdue], [words.promise_overdue, overdue], [words.promise_broken, broken]];
  const one = glance.since === glance.until;
  return [
    columns(one ? words.by_hour : words.by_day, glance.stretches, [words.alone, words.with_person]),
    bars(words.by_outcome, outcomes),
    bars(words.hand_offs, ends),
    bars(words.promises, promised),
    bars(words.by_language, languages),
    bars(words.replies, replies(glance.latency.spread)),
  ];
}

/** How many replies came within how long. */
function replies(spread) {
  const steps = spread.map((each) => each.under_s);
  return spread.map(({ under_s, turns }, n) => {
    const from = number(n ? steps[n - 1] : 0);
    return [under_s === null ? word("longer", { s: from }) : `${from}–${number(under_s)} s`, turns];
  });
}

function wish({ text, calls }) {
  const item = make("li");
  const link = make("a", "", text);
  link.href = `/desk/calls?lang=${language}#${calls[0]}`;
  item.append(link, make("span", "facts", calls.length === 1 ? words.once : word("times", { n: calls.length })));
  return item;
}

async function download() {
  try {
    const answer = await fetch(`/api/day.csv?${asked()}`, { headers: headers() });
    if (!answer.ok) throw new Error(words.failed);
    const link = make("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `antesala-${form.elements.since.value}-${form.elements.until.value}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    toast(trouble(error), true);
  }
}

form.onsubmit = (event) => {
  event.preventDefault();
  show();
};
$("csv").onclick = download;
for (const button of form.querySelectorAll("[data-days]")) {
  button.onclick = async () => {
    form.elements.since.value = form.elements.until.value = "";
    await show();
    const last = Date.parse(form.elements.until.value);
    const first = new Date(last - (button.dataset.days - 1) * DAY_MS).toISOString().slice(0, 10);
    if (button.dataset.days > 1) {
      form.elements.since.value = first;
      await show();
    }
  };
}
show();
