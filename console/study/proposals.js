// What the receptionist would like to learn: approved or dismissed with one tap, tried on the last calls before.

import { $, ask, make, moment, word, words } from "/look/house.js";
import { replay } from "./replay.js";
import { begin, done, me, shortcuts, spelled, tried } from "./study.js";

async function load() {
  const { items } = await ask("proposals");
  $("proposals").replaceChildren(...items.map(draw));
  count();
}

function count() {
  const { length } = $("proposals").children;
  $("count").textContent = length || "";
  $("none").hidden = length > 0;
}

const path = (row) => `proposals/${encodeURIComponent(row.id)}`;

function draw(row, number) {
  const card = make("li", "thing draft");
  const title = make("h2", "", `«${row.question}»`);
  title.dir = "auto";
  card.append(title, make("p", "hint", word(row.count > 1 ? `from_${row.from}` : `from_${row.from}_once`, { count: row.count })), quotes(row), drafted(row));
  if (row.conflicts.length) card.append(conflicts(row));
  const label = make("label", "", words.answer_instead);
  const answer = make("textarea");
  Object.assign(answer, { rows: 2, maxLength: 4000, dir: "auto", id: `answer_${number}` });
  label.append(answer);
  card.append(label, acts(card, row, answer), make("div", "below"));
  return card;
}

function quotes(row) {
  const list = make("ul", "few");
  list.setAttribute("aria-label", words.quotes);
  for (const each of row.quotes) {
    const line = make("li", "", `«${each.text}» `);
    const link = make("a", "", moment(each.at));
    link.href = `/desk/calls#${encodeURIComponent(each.call_id)}/${each.seq}`;
    line.append(link);
    list.append(line);
  }
  return list;
}

function drafted(row) {
  const text = make("p", "rule", `${words.draft}: ${Object.values(row.draft.text).join(" · ")}`);
  text.dir = "auto";
  const all = make("div");
  all.append(text, make("p", "hint", `${spelled("audience", row.draft.audience)}, ${spelled("do", row.draft.do ?? "none")}`));
  return all;
}

function conflicts(row) {
  const box = make("div", "conflicts");
  box.append(make("p", "", words.conflicts));
  for (const each of row.conflicts) {
    const line = make("p", "wording", `${each.id}: ${Object.values(each.text).join(" · ")}`);
    line.dir = "auto";
    box.append(line);
  }
  return box;
}

function acts(card, row, answer) {
  const all = make("div", "acts");
  const button = (kind, name, act) => {
    const each = make("button", kind, words[name]);
    each.dataset.act = name;
    each.setAttribute("aria-label", `${words[name]}: ${row.question}`);
    each.onclick = () => tried(act);
    all.append(each);
  };
  button("main", "approve", async () => {
    const kept = await ask(`${path(row)}/approve`, "POST", { author: me(), answer: answer.value });
    gone(card);
    done(words.approved, async () => {
      await ask(`${row.from === "cover" ? "voice-policy" : `preferences/${encodeURIComponent(kept.id)}`}/undo`, "POST", { author: me() });
      done(words.undone);
    });
  });
  button("", "replay", () => replay(card.querySelector(".below"), `${path(row)}/replay`, { answer: answer.value }));
  button("quiet", "dismiss", async () => {
    await ask(`${path(row)}/dismiss`, "POST", { author: me() });
    gone(card);
    done(words.dismissed);
  });
  return all;
}

function gone(card) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  card.remove();
  count();
  (next?.querySelector("button") ?? $("help")).focus();
}

shortcuts({});
begin(load);
