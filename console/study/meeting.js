// The first meeting: fifteen questions, and an office that answers.

import { $, ask, language, make, word, words } from "/look/house.js";
import { begin, clearFaults, shortcuts, showFaults, tried } from "./study.js";

async function load() {
  const { items } = await ask(`first-meeting?language=${language}`);
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
  return label;
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
