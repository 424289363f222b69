// Every version of something on file, with what it changed, and the way back to it.

import { ask, make, word, words } from "/look/house.js";
import { done, me, spelled, tried, when, writer } from "./study.js";

const MOST_WORDS = 400;

/** Opens, or shuts, the versions below a card. `restored(row)` is told of a way back that was taken; `label(field)`. */
export async function history(card, path, restored, label = (field) => words[`field_${field}`] ?? field) {
  const below = card.querySelector(".below");
  if (below.querySelector(".history")) return below.replaceChildren();
  const found = await tried(() => ask(`${path}/versions`));
  if (!found) return;
  const list = make("ol", "history");
  list.append(...found.items.map((each, at) => version(each, at, path, restored, label)));
  below.replaceChildren(make("h3", "", words.history), list);
}

function version(row, at, path, restored, label) {
  const item = make("li");
  item.append(make("p", "facts", word("version_by", { n: row.version, who: writer(row.author), when: when(row.updated) })));
  const told = make("dl", "changes");
  const changes = row.changes.filter(({ field }) => row.version > 1 || field !== "status");
  for (const { field, before, after } of changes) told.append(make("dt", "", label(field)), difference(field, before, after));
  item.append(told);
  if (at > 0) {
    const back = make("button", "quiet", words.restore);
    back.onclick = () => restore(row.version, path, restored);
    item.append(back);
  }
  return item;
}

async function restore(version, path, restored) {
  const row = await tried(() => ask(`${path}/restore`, "POST", { version, author: me() }));
  if (!row) return;
  restored(row);
  done(word("restored", { n: version }), async () => {
    restored(await ask(`${path}/undo`, "POST", { author: me() }));
    done(words.undone);
  });
}

/** What went and what came, word by word. */
export function difference(field, before, after) {
  const told = make("dd");
  told.dir = "auto";
  if (field === "pin") return Object.assign(told, { textContent: words.pin_changed });
  for (const [kind, text] of words_of(plain(field, before), plain(field, after))) told.append(kind ? make(kind, "", text) : text);
  return told;
}

function plain(field, value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => plain("", each)).join(" · ");
  return typeof value === "object" ? Object.values(value).map((each) => plain("", each)).join(" · ") : spelled(field, String(value));
}

/** Pieces of both texts in order: ["del" | "ins" | "", text]; the longest common run of words stays. */
function words_of(before, after) {
  const old = before.match(/\s*\S+/g) ?? [];
  const now = after.match(/\s*\S+/g) ?? [];
  if (old.length > MOST_WORDS || now.length > MOST_WORDS) return [["del", before], ["", " "], ["ins", after]].filter(([, text]) => text);
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      common[i][j] = old[i].trim() === now[j].trim() ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  const pieces = [];
  const add = (kind, text) => (pieces.at(-1)?.[0] === kind ? (pieces.at(-1)[1] += text) : pieces.push([kind, text]));
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i].trim() === now[j].trim()) add("", (i++, now[j++]));
    else if (j === now.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) add("del", old[i++]);
    else add("ins", now[j++]);
  }
  return pieces;
}
