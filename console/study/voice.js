// Who answers and how: the voice policy as a form and as its file, heard before it is saved.

import { $, ask, make, toast, word, words } from "/look/house.js";
import { difference, history } from "./history.js";
import { speak } from "./sound.js";
import { begin, clearFaults, done, me, said, settled, shortcuts, showFaults, tried, when, writer } from "./study.js";

const PATH = "voice-policy";
const LISTS = ["avoid", "prefer", "hours.holidays"];
const SETS = ["receptionist.languages", "hand_off.to"];
const form = $("policy");
const file = $("file");

let row = null;

/** The value of `policy` at a path such as "hours.open.mon". */
const at = (policy, path) => path.split(".").reduce((value, name) => value?.[name], policy);

function put(policy, path, value) {
  const names = path.split(".");
  const last = names.pop();
  const inner = names.reduce((part, name) => (part[name] ??= {}), policy);
  if (value === "" || value === null) delete inner[last];
  else inner[last] = value;
}

function show(policy) {
  row = policy;
  $("version").textContent = word("version", { n: row.version, who: writer(row.author), when: when(row.updated) });
  for (const field of fields()) {
    const value = at(row, field.name);
    if (field.type === "checkbox") field.checked = value.includes(field.value);
    else field.value = LISTS.includes(field.name) ? (value ?? []).join("\n") : value ?? "";
  }
  $("covers").replaceChildren(...row.covers.map(cover));
  clearFaults(form);
  form.querySelector(".meanwhile").hidden = true;
  check();
  sample();
}

const fields = () => [...form.elements].filter((each) => each.name);

function cover(each = { when: "any", es: "", en: "" }) {
  const item = $("cover").content.firstElementChild.cloneNode(true);
  for (const field of item.querySelectorAll("[data-of]")) field.value = each[field.dataset.of] ?? "";
  item.querySelector(".remove").onclick = () => {
    item.remove();
    $("add_cover").focus();
    check();
  };
  item.querySelector(".listen").onclick = async () => {
    for (const language of ["es", "en"]) await aloud(item.querySelector(`[data-of=${language}]`).value, language);
  };
  return item;
}

/** The policy as the form has it: what is on file, with the fields over it. */
function written() {
  const { version, author, updated, ...policy } = structuredClone(row);
  policy.hours.open = {};
  policy.budget = {};
  for (const name of SETS) put(policy, name, fields().filter((each) => each.name === name && each.checked).map((each) => each.value));
  for (const field of fields().filter((each) => each.type !== "checkbox")) {
    const text = field.value.trim();
    const lines = text.split("\n").map((each) => each.trim()).filter(Boolean);
    put(policy, field.name, LISTS.includes(field.name) ? lines : field.type === "number" ? (text ? Number(text) : null) : text);
  }
  for (const [circle, allowance] of Object.entries(policy.budget)) if (!Object.keys(allowance).length) delete policy.budget[circle];
  if (!row.budget && !Object.keys(policy.budget).length) delete policy.budget;
  policy.covers = [...$("covers").children].map((item) => {
    const values = [...item.querySelectorAll("[data-of]")].map((each) => [each.dataset.of, each.value.trim()]);
    return Object.fromEntries(values.filter(([, text]) => text));
  });
  return policy;
}

/** The parts that were changed. */
function changed() {
  const { version, author, updated, ...before } = row;
  return Object.fromEntries(Object.entries(written()).filter(([name, part]) => !same(part, before[name])));
}

/** Whether two values say the same; what is empty says nothing. */
function same(one, other) {
  const bare = (value) => {
    if (Array.isArray(value)) return value.map(bare);
    if (value === null || typeof value !== "object") return value;
    const inner = Object.entries(value).map(([name, each]) => [name, bare(each)]).filter(([, each]) => each !== null && each !== "");
    return Object.fromEntries(inner.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(bare(one)) === JSON.stringify(bare(other ?? null));
}

/** Says by each greeting whether it tells that an artificial intelligence answers. */
const check = settled(async () => {
  const greeting = written().greeting;
  const { errors } = await ask(`${PATH}/check`, "POST", { greeting, receptionist: written().receptionist }).catch(() => ({ errors: null }));
  for (const language of ["es", "en"]) {
    const told = $(`disclosed_${language}`);
    const bad = errors?.some((each) => each.where === `greeting.${language}`);
    told.textContent = errors && greeting[language] ? words[bad ? "disclosed_no" : "disclosed_yes"] : "";
    told.classList.toggle("bad", Boolean(bad));
  }
}, 300);

async function save() {
  clearFaults(form);
  const parts = changed();
  try {
    kept(await ask(PATH, "PUT", { ...parts, version: row.version, author: me() }));
  } catch (error) {
    if (error.status === 409) await merge(error.told, parts);
    else showFaults(form, error);
  }
}

function kept(policy) {
  show(policy);
  done(words.saved, async () => {
    show(await ask(`${PATH}/undo`, "POST", { author: me() }));
    done(words.undone);
  });
}

/** Somebody else was faster: their version comes in, the parts that were changed here stay over it, both are shown. */
async function merge({ author, changes }, parts) {
  const theirs = await ask(PATH);
  show({ ...theirs, ...parts });
  row = theirs;
  const box = form.querySelector(".meanwhile");
  const list = make("dl");
  for (const { field, before, after } of changes) list.append(make("dt", "", label(field)), difference(field, before, after));
  box.replaceChildren(make("p", "", word("meanwhile", { who: author || words.somebody })), list, make("p", "", words.save_over));
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

async function aloud(text, language) {
  if (!text.trim()) return;
  try {
    await speak(text, language);
  } catch (error) {
    toast(said(error), true);
  }
}

async function turn(to_file) {
  shut();
  form.hidden = $("parts").hidden = to_file;
  file.hidden = !to_file;
  $("save_first").hidden = to_file;
  $("as_form").setAttribute("aria-pressed", !to_file);
  $("as_yaml").setAttribute("aria-pressed", to_file);
  if (!to_file) return tried(load);
  const told = await tried(() => ask(`${PATH}/file`));
  if (!told) return;
  file.text.value = told.text;
  file.dataset.version = told.version;
}

async function save_file() {
  clearFaults(file);
  try {
    kept(await ask(`${PATH}/file`, "PUT", { text: file.text.value, version: Number(file.dataset.version), author: me() }));
    file.dataset.version = row.version;
  } catch (error) {
    showFaults(file, error);
  }
}

/** How a receptionist of this manner sounds. */
const sample = settled(async () => {
  const told = await ask(`${PATH}/sample`, "POST", { receptionist: written().receptionist }).catch(() => ({}));
  for (const place of form.querySelectorAll("[data-sample]")) place.textContent = told[place.dataset.sample]?.join(" ") ?? "";
});

/** What callers of each circle took of this week. */
async function week() {
  const { circles } = await ask("study/week");
  for (const { circle, ...each } of circles) {
    const place = form.querySelector(`[data-circle="${circle}"] .taken`);
    place.textContent = word("taken", each);
    const full = (much, of) => of !== null && much >= of;
    place.classList.toggle("full", full(each.minutes, each.of_minutes) || full(each.interruptions, each.of_interruptions));
  }
}

async function bring() {
  const [chosen] = $("calendar_file").files;
  if (!chosen) return;
  clearFaults(form);
  try {
    await ask("study/calendar", "PUT", { name: chosen.name, text: await chosen.text() });
    done(words.calendar_brought);
  } catch (error) {
    showFaults(form, error);
  }
  $("calendar_file").value = "";
  await tried(calendar);
}

/** How fresh the executive's own calendar is. */
async function calendar() {
  const { followed, brought, as_of, trouble } = await ask("study/calendar");
  const state = brought ? "brought" : !followed ? "none" : trouble ? (as_of ? "old" : "never") : as_of ? "good" : "never";
  $("calendar").textContent = word(`calendar_${state}`, { when: as_of ? when(as_of) : "" });
  $("calendar").title = trouble;
  $("drop_calendar").hidden = !brought;
  $("calendar_file").parentElement.hidden = followed;
  $("calendar").classList.toggle("bad", state === "old" || state === "never");
}

const load = async () => show(await ask(PATH));
const past = () => {
  $("card").hidden = Boolean($("card").querySelector(".history"));
  const restored = (policy) => {
    show(policy);
    shut();
  };
  return history($("card"), PATH, restored, label);
};

function shut() {
  $("card").hidden = true;
  $("card").querySelector(".below").replaceChildren();
}

/** What the form calls a field: its part, and its label. */
function label(path) {
  const field = fields().find((each) => path === each.name || path.startsWith(`${each.name}.`)) ?? (path.startsWith("covers") && $("add_cover"));
  if (!field) return path;
  const part = field.closest("fieldset").querySelector("legend").textContent;
  const own = field.type === "checkbox" ? field.closest("[role=group]").ariaLabel : field.labels?.[0]?.firstChild.textContent.trim();
  return own ? `${part}: ${own}` : part;
}

form.oninput = () => {
  check();
  sample();
};
for (const button of form.querySelectorAll("[data-hear]")) {
  const language = button.dataset.hear;
  button.onclick = () => aloud(form.querySelector(`[data-sample=${language}]`).textContent, language);
}
$("calendar_file").onchange = bring;
$("drop_calendar").onclick = () => tried(async () => {
  await ask("study/calendar", "DELETE");
  await Promise.all([calendar(), week()]);
});
form.onsubmit = (event) => {
  event.preventDefault();
  save();
};
file.onsubmit = (event) => {
  event.preventDefault();
  save_file();
};
for (const button of form.querySelectorAll("[data-speak]")) {
  const name = button.dataset.speak;
  button.onclick = () => aloud(form.elements[name].value, name.split(".")[1]);
}
$("add_cover").onclick = () => {
  $("covers").append(cover());
  $("covers").lastElementChild.querySelector("input").focus();
};
$("as_was").onclick = () => tried(load);
$("as_form").onclick = () => turn(false);
$("as_yaml").onclick = () => turn(true);
$("past").onclick = past;
$("zones").replaceChildren(...Intl.supportedValuesOf("timeZone").map((each) => new Option(each)));
shortcuts({ s: save, h: past, l: () => form.querySelector("[data-speak]").click() });
begin(async () => {
  await load();
  await Promise.all([calendar(), week()]);
});
