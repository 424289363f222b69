// How far the receptionist goes alone, by action and circle: earned by reviews, given by the executive's yes.

import { $, ask, make, word, words } from "/look/house.js";
import { begin, done, me, shortcuts, spelled, tried } from "./study.js";

const ENOUGH = 20;
/** A message is how a person is asked, so it is always taken. */
const ALWAYS = "take_message";

async function load() {
  const { items } = await ask("autonomy");
  const rows = Map.groupBy ? Map.groupBy(items, (each) => each.action) : grouped(items);
  $("levels").replaceChildren(...[...rows].map(([action, cells]) => draw(action, cells)));
}

function grouped(items) {
  const rows = new Map();
  for (const each of items) rows.set(each.action, [...(rows.get(each.action) ?? []), each]);
  return rows;
}

function draw(action, cells) {
  const row = make("tr");
  const head = make("th", "", spelled("do", action));
  head.scope = "row";
  row.append(head, ...cells.map(cell));
  return row;
}

function cell(row) {
  const box = make("td", row.ready ? "ready" : "");
  box.dataset.cell = `${row.action}/${row.circle}`;
  box.dataset.label = spelled("circle", row.circle);
  box.append(make("strong", "", spelled("level", row.level)));
  if (row.reviewed) box.append(make("p", "hint", word("reviewed", row)));
  if (row.reviewed && row.level !== "act" && !row.ready) box.append(meter(row));
  const acts = make("div", "acts");
  if (row.ready) acts.append(button(row, "raise", "main"));
  if (row.level !== "suggest" && row.action !== ALWAYS) acts.append(button(row, "lower", "quiet"));
  box.append(acts);
  return box;
}

function meter(row) {
  const bar = Object.assign(make("progress"), { max: ENOUGH, value: Math.min(row.reviewed, ENOUGH) });
  bar.setAttribute("aria-label", word("reviewed", row));
  return bar;
}

function button(row, name, kind) {
  const each = make("button", kind, words[name]);
  each.dataset.act = name;
  each.setAttribute("aria-label", `${words[name]}: ${spelled("do", row.action)}, ${spelled("circle", row.circle)}`);
  each.onclick = () => name === "lower" && !each.dataset.sure ? surely(each) : tried(async () => {
    const now = await ask(`autonomy/${row.action}/${row.circle}/${name}`, "POST", { by: me() });
    const fresh = cell(now);
    each.closest("td").replaceWith(fresh);
    fresh.querySelector("button")?.focus();
    done(word("now", { what: spelled("do", now.action), circle: spelled("circle", now.circle), level: spelled("level", now.level) }));
  });
  return each;
}

/** What has to be earned again is not lost by a slip: the second press counts. */
function surely(each) {
  const told = each.ariaLabel;
  each.dataset.sure = true;
  each.textContent = words.surely;
  each.ariaLabel = told.replace(words.lower, words.surely);
  each.onblur = () => {
    delete each.dataset.sure;
    each.textContent = words.lower;
    each.ariaLabel = told;
  };
}

shortcuts({});
begin(load);
