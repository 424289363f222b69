// Writing a preference in place. What others change meanwhile is shown, and nothing typed is lost.

import { $, make, word, words } from "/look/house.js";
import { clearFaults, showFaults, spelled } from "./study.js";

const NEW = { text: {}, audience: "anyone", topic: "", when: null, do: null, say: {}, valid: {} };

/** Whether something is already being written at this place; then it has the focus again. */
export function opened(place) {
  const form = place.querySelector("form.edit");
  form?.querySelector("textarea").focus();
  return Boolean(form);
}

export class Editor {
  /** `row`: what is on file, null for something new. `acts`: save(data), fresh(), kept(row), cancel(). */
  constructor(row, acts) {
    this.row = row;
    this.acts = acts;
    this.form = $("form").content.firstElementChild.cloneNode(true);
    this.form.querySelector("h2").textContent = row ? words.edit : words.new_one;
    this.fill(leaves(row ?? NEW));
    this.form.querySelector("details").open = Boolean(row && (row.when || row.do || row.valid.from || row.valid.until));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.save(event.submitter?.value ?? "approved");
    };
    this.form.querySelector(".cancel").onclick = () => this.close(true);
    this.form.onkeydown = (event) => this.key(event);
  }

  open(place) {
    this.place = place;
    for (const each of place.children) each.hidden = true;
    place.append(this.form);
    this.form.querySelector("textarea").focus();
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
    return Object.fromEntries(Object.keys(leaves(NEW)).map((name) => [name, this.form.elements[name].value.trim()]));
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
    const mine = whole(this.written());
    if (!this.row) return { ...bare(mine), status };
    const before = whole(leaves(this.row));
    const parts = Object.entries(mine).filter(([name, part]) => JSON.stringify(part) !== JSON.stringify(before[name]));
    return { ...Object.fromEntries(parts), status, version: this.row.version };
  }

  /** Somebody else was faster: their changes come in where nothing was typed; where both wrote, both are shown. */
  async merge({ author, changes }) {
    const mine = this.written();
    const before = leaves(this.row);
    this.row = await this.acts.fresh();
    const theirs = leaves(this.row);
    const typed = Object.keys(mine).filter((name) => mine[name] !== (before[name] ?? ""));
    this.fill({ ...theirs, ...Object.fromEntries(typed.map((name) => [name, mine[name]])) });
    const box = this.form.querySelector(".meanwhile");
    box.replaceChildren(make("p", "", word("meanwhile", { who: author || words.somebody })));
    const list = make("dl");
    for (const { field } of changes.filter((each) => each.field in theirs)) {
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

function shown(field, value) {
  return value ? spelled(field, value) : words.nothing;
}

/** The fields of the form, as a row has them. */
function leaves(row) {
  return {
    "text.es": row.text.es ?? "", "text.en": row.text.en ?? "", audience: row.audience, topic: row.topic ?? "",
    when: row.when ?? "", do: row.do ?? "", "say.es": row.say.es ?? "", "say.en": row.say.en ?? "",
    "valid.from": row.valid.from ?? "", "valid.until": row.valid.until ?? "",
  };
}

/** Fields put together as the API takes them: an empty one is null, an empty wording is none. */
function whole(fields) {
  const texts = (name) => Object.fromEntries(["es", "en"].filter((each) => fields[`${name}.${each}`]).map((each) => [each, fields[`${name}.${each}`]]));
  return {
    text: texts("text"), audience: fields.audience, topic: fields.topic, when: fields.when || null, do: fields.do || null,
    say: texts("say"), valid: { from: fields["valid.from"] || null, until: fields["valid.until"] || null },
  };
}

/** Without what is empty. */
function bare(data) {
  const empty = (value) => value === null || value === "" || (typeof value === "object" && Object.values(value).every((each) => each === null));
  return Object.fromEntries(Object.entries(data).filter(([name, value]) => name === "text" || !empty(value)));
}
