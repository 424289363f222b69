// The executive's day in 90 seconds, and the reply that becomes a rule.

import { $, ask, language, make, word, words } from "/look/house.js";
import { begin, clearFaults, done, me, shortcuts, showFaults, tried } from "./study.js";

const SECTIONS = ["decisions", "done", "at_risk", "questions"];

async function load() {
  const page = await ask(`digest?language=${language}`);
  $("subject").textContent = page.subject;
  $("opening").textContent = page.opening;
  for (const name of SECTIONS) {
    const section = document.querySelector(`[data-section=${name}]`);
    const lines = page[name].map(draw);
    if (page.left_out[name]) lines.push(make("li", "hint", word("left_out", { count: page.left_out[name] })));
    section.querySelector("ul").replaceChildren(...lines);
    section.hidden = !lines.length;
  }
  $("length").textContent = word("length", { count: page.words });
}

function draw(item) {
  const line = make("li", "thing");
  const text = make("p", "", item.number ? `${item.number}. ${item.text}` : item.text);
  text.dir = "auto";
  line.append(text);
  if (!item.number) return line;
  const acts = make("div", "acts");
  for (const [kind, answer] of [["yes", words.yes], ["no", words.no]]) {
    const name = item.kind === "question" ? words[`question_${kind}`] : answer;
    const button = make("button", "quiet", name);
    button.setAttribute("aria-label", `${name}: ${item.text}`);
    button.dataset.act = kind;
    button.onclick = () => reply(`${item.number}: ${answer}`);
    acts.append(button);
  }
  const other = make("button", "quiet", words.with_words);
  other.onclick = () => {
    $("reply").value = `${item.number}: `;
    $("reply").focus();
  };
  acts.append(other);
  line.append(acts);
  return line;
}

async function reply(text) {
  clearFaults($("answer"));
  try {
    const told = await ask("digest/reply", "POST", { text });
    for (const each of told.preferences) $("kept").prepend(keptLine(each));
    $("reply").value = "";
    const refused = told.refused.length ? [word("refused", { what: told.refused.join("; ") })] : [];
    done([...told.read_back, ...refused].join(" ") || words.noted);
    await load();
  } catch (problem) {
    if (problem.told) showFaults($("answer"), problem);
    else await tried(() => Promise.reject(problem));
  }
}

function keptLine(row) {
  const line = make("li", "thing");
  const text = make("p", "", Object.values(row.text).join(" · "));
  text.dir = "auto";
  const undo = make("button", "quiet", words.undo);
  undo.onclick = () => tried(async () => {
    await ask(`preferences/${encodeURIComponent(row.id)}/undo`, "POST", { author: me() });
    line.remove();
    done(words.undone);
  });
  line.append(text, make("p", "hint", word("version_kept", { n: row.version, id: row.id })), undo);
  return line;
}

$("answer").onsubmit = (event) => {
  event.preventDefault();
  reply($("reply").value);
};
shortcuts({ "/": () => $("reply").focus() });
begin(load);
