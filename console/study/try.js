// The sandbox: what a caller would hear, what it stands on, and what would be done.

import { $, Refused, ask, askForKey, language, make, word, words } from "/look/house.js";
import { dictate, speak } from "./sound.js";
import { begin, said, shortcuts, spelled } from "./study.js";

const CHECKS = ["topic", "leak", "ungrounded", "undone"];
const LIKELY = 0.1;
const form = $("ask");

async function ask_it() {
  const { question, circle, language, at } = Object.fromEntries(new FormData(form));
  if (!question.trim()) return $("question").focus();
  tell(words.thinking);
  try {
    const told = await ask("preferences/ask", "POST", { question, circle, language: language || null, at: at || null });
    $("tried").prepend(draw(question, circle, told));
    tell("");
    if ($("aloud").checked) await aloud(told);
  } catch (error) {
    if (error instanceof Refused) askForKey(ask_it);
    tell(said(error));
  }
}

const tell = (text) => ($("trouble").textContent = text);

async function aloud({ said: answer, language }) {
  try {
    await speak(answer.join(" "), language);
  } catch (error) {
    tell(said(error));
  }
}

function draw(question, circle, told) {
  const item = make("li", "thing");
  const asked = make("p", "caller", question);
  asked.dir = "auto";
  const answer = make("p", "receptionist", told.said.join(" "));
  answer.lang = told.language;
  const play = make("button", "quiet listen", `▶ ${words.listen}`);
  play.onclick = () => aloud(told);
  item.append(make("p", "facts", spelled("calls", circle)), asked, answer, play, grounds(told));
  return item;
}

function grounds(told) {
  const list = make("dl", "grounds");
  const say = (title, lines) => list.append(make("dt", "", title), ...lines);
  say(words.would_do, [make("dd", "", spelled("do", told.action)), ...told.steps.map(step).filter(Boolean)]);
  const used = told.unsure ? [] : told.preferences.filter(({ score }, rank) => !rank || score >= LIKELY).map(found);
  say(words.used, used.length ? used : [make("dd", "", words.used_none)]);
  say(words.checks, checks(told.checks));
  return list;
}

function found({ id, version, score }) {
  const line = make("dd");
  const link = make("a", "", word("used_one", { id, version, score: Math.round(score * 100) }));
  link.href = `/study?lang=${language}#${encodeURIComponent(id)}`;
  line.append(link);
  return line;
}

function step(event) {
  const what = event.reason && event.kind === "message" ? event.reason : event.text ?? event.preference ?? event.start ?? "";
  const told = words[`step_${event.kind}`];
  return told && make("dd", "", word(`step_${event.kind}`, { what }));
}

function checks(failed) {
  const asked = failed.filter((each) => each.direction === "in").map((each) => make("dd", "bad", word("check_in", { topic: spelled("topic", each.topic) })));
  const wrong = new Set(failed.filter((each) => each.direction === "out").map((each) => each.reason || "topic"));
  const passed = CHECKS.map((each) => {
    const bad = wrong.has(each);
    return make("dd", bad ? "bad" : "good", word(bad ? "check_failed" : "check_passed", { what: words[`check_${each}`] }));
  });
  return [...asked, ...passed];
}

const microphone = () =>
  dictate($("microphone"), (text) => {
    $("question").value = text;
    return ask_it();
  }, tell, form.elements.language.value || language);

form.onsubmit = (event) => {
  event.preventDefault();
  ask_it();
};
$("question").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  ask_it();
};
$("microphone").onclick = microphone;
shortcuts({ "/": () => $("question").focus(), m: microphone, l: () => document.querySelector("#tried .listen")?.click() });
begin(() => ask("voice-policy").then(() => matchMedia("(pointer: fine)").matches && $("question").focus()));
