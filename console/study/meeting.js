// The first meeting: fifteen questions, and an office that answers.

import { $, ask, language, make, word, words } from "/look/house.js";
import { dictate, speak } from "./sound.js";
import { begin, clearFaults, shortcuts, showFaults, tried } from "./study.js";

async function load() {
  const { items, held } = await ask(`first-meeting?language=${language}`);
  $("meeting").hidden = held;
  $("held").hidden = !held;
  $("questions").replaceChildren(...items.map(draw));
  $("done").max = items.length;
  count();
}

function draw(question, number) {
  const label = make("label", "", `${number + 1}. ${question.text}`);
  const field = make(question.kind === "lines" ? "textarea" : question.choices.length ? "select" : "input");
  field.name = question.id;
  if (question.choices.length) {
    field.append(...question.choices.map((each) => new Option(words[`choice_${each}`] ?? each, each, false, each === question.usual)));
  } else {
    Object.assign(field, { placeholder: question.usual || question.hint, maxLength: 8000, dir: "auto" });
    field.required = !question.optional && !question.usual;
    if (question.kind === "lines") field.rows = 3;
    if (question.kind === "pin") Object.assign(field, { type: "password", inputMode: "numeric", autocomplete: "new-password" });
    if (question.kind === "phone") field.inputMode = "tel";
    if (question.kind === "email") field.type = "email";
  }
  label.append(field);
  return spoken(label, field, question);
}

/** `label` with a microphone for its field: one thing a line is added to, anything else is said anew. */
function spoken(label, field, question) {
  const box = make("div", "spoken");
  const button = make("button", "quiet listen", words.by_voice);
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", `${words.by_voice}: ${question.text}`);
  const told = make("p", "hint");
  told.setAttribute("role", "status");
  button.onclick = async () => {
    if ($("ask_aloud").checked && button.getAttribute("aria-pressed") === "false") await speak(question.text, language).catch(() => {});
    await dictate(button, (text) => answered(field, question, text), (text) => (told.textContent = text), language);
  };
  box.append(label, button, told);
  return box;
}

/** What was heard, in its field; the next question's microphone is at hand. */
function answered(field, question, text) {
  if (question.choices.length) {
    const named = [...field.options].find((each) => [each.text, each.value].some((name) => text.toLowerCase().includes(name.toLowerCase())));
    if (named) field.value = named.value;
  } else if (question.kind === "lines" && field.value.trim()) field.value += `\n${text}`;
  else field.value = question.kind === "lines" ? text : text.replace(/\.$/, "");
  count();
  const next = field.closest(".spoken").nextElementSibling;
  (next?.querySelector("button") ?? $("meeting").querySelector(".main")).focus();
}

const answers = () => Object.fromEntries(new FormData($("meeting")));

function count() {
  $("done").value = Object.values(answers()).filter(Boolean).length;
}

async function finish() {
  clearFaults($("meeting"));
  try {
    const office = await ask("first-meeting", "POST", { language, answers: answers() });
    $("meeting").hidden = true;
    $("greeting").textContent = office.greeting[language];
    $("folder").textContent = word("in_folder", { folder: office.folder });
    $("office").hidden = false;
    $("office").querySelector("a").focus();
  } catch (problem) {
    if (problem.told) showFaults($("meeting"), problem);
    else await tried(() => Promise.reject(problem));
  }
}

$("meeting").oninput = count;
$("meeting").onsubmit = (event) => {
  event.preventDefault();
  finish();
};
shortcuts({});
begin(load);
