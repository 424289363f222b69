// Writing something in place. What others change meanwhile is shown, and nothing typed is lost.

import { $, ask, make, word, words } from "/look/house.js";
import { clearFaults, me, showFaults, spelled } from "./study.js";

/** Whether something is already being written at this place; then it has the focus again. */
function opened(place) {
  const form = place.querySelector("form.edit");
  form?.elements[0].focus();
  return Boolean(form);
}

class Editor {
  /**
   * `row`: what is on file, null for something new. `shape`: its fields by name, `leaves(row)`, and `whole(fields)`, the
   * parts as the API takes them. `acts`: save(data), fresh(), kept(row), cancel().
   */
  constructor(row, shape, acts) {
    this.row = row;
    this.shape = shape;
    this.acts = acts;
    this.form = $("form").content.firstElementChild.cloneNode(true);
    this.form.querySelector("h2").textContent = row ? words.edit : words.new_one;
    this.fill(shape.leaves(row));
    for (const each of this.form.querySelectorAll("details")) each.open = [...each.querySelectorAll("[name]")].some((field) => field.value);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.save(event.submitter?.value || undefined);
    };
    this.form.querySelector(".cancel").onclick = () => this.close(true);
    this.form.onkeydown = (event) => this.key(event);
  }

  open(place) {
    this.place = place;
    for (const each of place.children) each.hidden = true;
    place.append(this.form);
    this.form.elements[0].focus();
  }

  close(cancelled) {
    this.form.remove();
    for (const each of this.place.children) each.hidden = false;
    if (cancelled) this.acts.cancel();
    if (!this.row) this.place.remove();
  }

  key(event) {
    if (event.key === "Escape") this.close(true);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
  }

  fill(values) {
    for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value ?? "";
  }

  /** What is in the fields, by name. */
  written() {
    return Object.fromEntries(Object.keys(this.shape.leaves(this.row)).map((name) => [name, this.form.elements[name].value.trim()]));
  }

  async save(status) {
    clearFaults(this.form);
    const buttons = this.form.querySelectorAll("button");
    for (const each of buttons) each.disabled = true;
    try {
      const row = await this.acts.save(this.changed(status));
      this.close(false);
      this.acts.kept(row);
    } catch (error) {
      if (error.status === 409 && this.row) await this.merge(error.told);
      else showFaults(this.form, error);
    } finally {
      for (const each of buttons) each.disabled = false;
    }
  }

  /** The parts that were changed, each whole, as the API takes them. */
  changed(status) {
    const { leaves, whole } = this.shape;
    const mine = whole(this.written());
    if (!this.row) return { ...bare(mine), status };
    const before = whole(leaves(this.row));
    const parts = Object.entries(mine).filter(([name, part]) => JSON.stringify(part) !== JSON.stringify(before[name]));
    return { ...Object.fromEntries(parts), status, version: this.row.version };
  }

  /** Somebody else was faster: their changes come in where nothing was typed; where both wrote, both are shown. */
  async merge({ author, changes }) {
    const mine = this.written();
    const before = this.shape.leaves(this.row);
    this.row = await this.acts.fresh();
    const theirs = this.shape.leaves(this.row);
    const typed = Object.keys(mine).filter((name) => mine[name] !== before[name]);
    this.fill({ ...theirs, ...Object.fromEntries(typed.map((name) => [name, mine[name]])) });
    const box = this.form.querySelector(".meanwhile");
    box.replaceChildren(make("p", "", word("meanwhile", { who: author || words.somebody })));
    const list = make("dl");
    for (const field of new Set(changes.map((each) => each.field).filter((each) => each in theirs))) {
      list.append(make("dt", "", this.label(field)), make("dd", "", `${words.theirs}: ${shown(field, theirs[field])}`));
      if (!typed.includes(field) || mine[field] === theirs[field]) continue;
      const take = make("button", "quiet", words.take_theirs);
      take.type = "button";
      take.onclick = () => (this.form.elements[field].value = theirs[field] ?? "");
      const yours = make("dd", "", `${words.yours}: ${shown(field, mine[field])} `);
      yours.append(take);
      list.append(yours);
    }
    box.append(list, make("p", "", words.save_over));
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  label(field) {
    return this.form.elements[field].labels[0].firstChild.textContent.trim();
  }
}

/** Writes over what is on file, in its card. `path(row)`: where it lives; `kept(card, row, said)`: it is saved. */
export function edit(card, shape, path, kept) {
  if (opened(card)) return;
  new Editor(card.row, shape, {
    save: (data) => ask(path(card.row), "PUT", { ...data, author: me() }),
    fresh: () => ask(path(card.row)),
    kept: (row) => kept(card, row, words.saved),
    cancel: () => card.focus(),
  }).open(card);
}

/** Writes something new, above the list. `kept(row)`: it is saved. */
export function add(list, shape, kept) {
  if (opened($("new"))) return;
  const place = make("div");
  $("new").append(place);
  new Editor(null, shape, {
    save: (data) => ask(list, "POST", { ...data, author: me() }),
    kept,
    cancel: () => $("add").focus(),
  }).open(place);
}

function shown(field, value) {
  return value ? spelled(field, value) : words.nothing;
}

/** Without what is empty. */
function bare(data) {
  const empty = (value) => value === null || value === "" || (typeof value === "object" && Object.values(value).every((each) => each === null));
  return Object.fromEntries(Object.entries(data).filter(([name, value]) => ["text", "name"].includes(name) || !empty(value)));
}
