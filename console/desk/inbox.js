// What is owed: promises and messages, the most pressing first.

import { $, ask, houseTime, make, moment, toast, trouble, word, words } from "/look/house.js";

const REFRESH_MS = 15_000;
const HOUR_MS = 3_600_000;
const OWNERS = ["assistant", "executive", "receptionist"];
const SETTLED = { promises: "kept", messages: "done" };

export class Inbox {
  constructor() {
    this.asked = null;
    setInterval(() => this.refresh(), REFRESH_MS);
    $("all").onchange = () => this.refresh();
  }

  /** Looks again, at once or right after the look that is under way. */
  async refresh() {
    if (this.asked) return void (this.again = true);
    this.asked = true;
    try {
      do {
        this.again = false;
        const state = $("all").checked ? "" : "state=open&";
        const [promises, messages] = await Promise.all(
          ["promises", "messages"].map((what) => ask(`${what}?${state}limit=200`)),
        );
        this.show(promises.items, messages.items);
      } while (this.again);
    } catch {
      // the state of the connection is told by the feed
    } finally {
      this.asked = null;
    }
  }

  show(promises, messages) {
    const now = houseTime();
    const awake = (item) => $("all").checked || !(Date.parse(item.snoozed_until) > now);
    const due = (item) => Date.parse(item.due) || Infinity;
    const urgent = (item) => (item.urgency === "high" ? 0 : 1);
    const waiting = { promises: promises.filter(awake), messages: messages.filter(awake) };
    waiting.promises.sort((a, b) => due(a) - due(b));
    waiting.messages.sort((a, b) => urgent(a) - urgent(b));
    $("inbox_count").textContent = [...promises, ...messages].filter((item) => item.state === "open" && !(Date.parse(item.snoozed_until) > now)).length;
    for (const what of ["promises", "messages"]) this.list(what, waiting[what], now);
  }

  /** Replaces only what changed, so that the focus and what is being chosen stay. */
  list(what, items, now) {
    const list = $(what);
    const before = new Map([...list.children].map((each) => [each.dataset.id, each]));
    const shown = items.map((item) => {
      const spelled = JSON.stringify([item, item.due && Date.parse(item.due) < now]);
      const held = before.get(item.id);
      return held?.dataset.spelled === spelled ? held : this.draw(what, item, now, spelled, held);
    });
    const same = shown.length === list.children.length && shown.every((each, n) => list.children[n] === each);
    if (!same) list.replaceChildren(...shown);
  }

  draw(what, item, now, spelled, held) {
    const focus = held?.contains(document.activeElement) && document.activeElement.dataset.act;
    const card = make("li");
    Object.assign(card.dataset, { id: item.id, spelled });
    const open = item.state === "open";
    const late = open && item.due && Date.parse(item.due) < now;
    card.classList.toggle("late", Boolean(late || (open && item.urgency === "high")));
    card.classList.toggle("soon", Boolean(open && !late && item.warned_at));
    card.classList.toggle("settled", !open);
    const mark = late ? words.overdue : open && item.warned_at ? words.warned : open && item.urgency === "high" ? words.urgent : "";
    if (mark) card.append(make("p", "mark", mark));
    const from = item.from_name || item.caller.name || item.number || item.caller.number || words.unknown;
    card.append(make("h3", "", [from, item.company].filter(Boolean).join(", ")));
    card.append(make("p", "", item.text ?? item.reason));
    if (item.quote) card.append(make("blockquote", "", item.quote));
    card.append(make("p", "facts", facts(item)));
    if (item.notice) card.append(draft(item.notice));
    card.append(this.acts(what, item, open));
    if (focus) setTimeout(() => card.querySelector(`[data-act="${focus}"]`)?.focus());
    return card;
  }

  acts(what, item, open) {
    const acts = make("div", "acts");
    const button = (name, change) => {
      const each = make("button", name === "done" ? "main" : "", words[name]);
      each.dataset.act = name;
      each.onclick = () => this.change(what, item, change());
      acts.append(each);
    };
    if (!open) button("reopen", () => ({ state: "open" }));
    else {
      button("done", () => ({ state: SETTLED[what] }));
      if (Date.parse(item.snoozed_until) > houseTime()) button("wake", () => ({ snoozed_until: null }));
      else button("snooze", () => ({ snoozed_until: new Date(houseTime() + HOUR_MS).toISOString() }));
      acts.append(this.owner(what, item));
    }
    const call = make("a", "", words.from_call);
    call.href = `/desk/calls?lang=${document.documentElement.lang}#${item.call_id}`;
    acts.append(call);
    return acts;
  }

  owner(what, item) {
    const choice = make("select");
    choice.setAttribute("aria-label", words.owner);
    choice.dataset.act = "owner";
    for (const each of OWNERS) choice.append(new Option(words[`owner_${each}`], each, false, each === item.owner));
    choice.onchange = () => this.change(what, item, { owner: choice.value });
    return choice;
  }

  async change(what, item, change) {
    try {
      const path = `${what}/${encodeURIComponent(item.id)}`;
      Object.assign(item, await ask(path, "PATCH", { version: item.version, ...change }));
    } catch (error) {
      toast(error.status === 409 ? words.stale : trouble(error), true);
    }
    await this.refresh();
  }
}

function facts(item) {
  const when = item.taken_at ? moment(item.taken_at) : item.due ? word("due", { when: moment(item.due) }) : words.no_due;
  const sleeps = Date.parse(item.snoozed_until) > houseTime() && word("snoozed", { when: moment(item.snoozed_until) });
  return [when, item.number ?? item.caller.number, sleeps].filter(Boolean).join(" · ");
}

function draft(text) {
  const box = make("details");
  const copy = make("button", "quiet", words.copy);
  const note = make("p", "", text);
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(words.copied);
    } catch {
      getSelection().selectAllChildren(note); // no clipboard for pages without TLS: it is copied by hand
    }
  };
  box.append(make("summary", "", words.notice), note, copy);
  return box;
}
