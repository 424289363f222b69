// Events in words: the lines of the talk, and what was used and done.

import { clock, make, moment, word, words } from "/look/house.js";

const SAID = { greeted: "receptionist", said: "receptionist", heard: "caller", partial: "caller" };

/** The transcript line of an event, or null when nothing is said in it. `how`: {by staff, passing}. */
export function spoken(event) {
  if (event.kind === "staff" && event.action === "spoke") return { who: "staff", text: event.text, language: event.language };
  const who = SAID[event.kind];
  return who ? { who, text: event.text, language: event.language } : null;
}

export function line(event) {
  const told = spoken(event);
  if (!told) return null;
  const item = make("li", told.who);
  item.dataset.seq = event.kind === "partial" ? "" : event.seq;
  if (event.kind === "partial") item.classList.add("passing");
  if (event.id) item.dataset.said = event.id;
  const text = make("span", "", event.corrected ?? told.text);
  text.lang = told.language ?? "";
  item.append(make("b", "", words[told.who]), " ", text);
  if (event.corrected) item.append(make("small", "was", word("was_heard", { text: told.text })));
  if (event.cut_short && event.heard_text !== null) cut(item, event.heard_text);
  return item;
}

/** Marks what the caller did not hear of a sentence. */
export function cut(item, heard) {
  const text = item.querySelector("span");
  text.replaceChildren(heard, make("s", "", text.textContent.slice(heard.length)));
  text.title = words.cut_short;
}

/** What an event tells under "used and done", or null. `preferences`: wordings by id. */
export function deed(event, preferences = new Map()) {
  const told = (key, what) => ({ kind: key, text: word(`did_${key}`, { what }), seq: event.seq, at: event.at });
  switch (event.kind) {
    case "recalled":
      if (event.unsure || !event.preferences.length) return { ...told("unsure"), kind: "recalled", vain: true };
      return {
        ...told("recalled", event.preferences.slice(0, 3).map((each) => each.id).join(", ")),
        more: event.preferences.map((each) => preferences.get(each.id) ?? each.id).join("\n"),
      };
    case "message":
      return told("message", [event.from_name, event.reason].filter(Boolean).join(": "));
    case "promise":
      return told("promise", event.due ? `${event.text} (${moment(event.due)})` : event.text);
    case "booking":
      return told("booking", `${moment(event.start)}, ${event.with}`);
    case "hand_off":
      return told("hand_off", word(`state_${event.state}`));
    case "followed":
      return told("followed", event.preference);
    case "screened":
      if (event.topic) return told("screened", words[`topic_${event.topic}`]);
      return { ...told("held", words[`held_${event.reason}`]), kind: "screened" };
    case "guidance":
      return told("guidance", event.text);
    case "failed":
      return told("failed", words[`engine_${event.engine}`] ?? event.engine);
    case "corrected":
      return told(event.undone ? "uncorrected" : "corrected", event.text);
    case "keys":
      return told("keys", event.digits);
    case "proved":
      return told("proved", word(`circle_${event.circle}`));
    case "recording":
      return told(`recording_${event.state}`);
    case "ordered":
      return event.undone ? told("undone") : told("ordered", event.preferences.map((each) => each.id).join(", "));
    case "staff":
      return event.action in { take_over: 1, hand_back: 1, listen: 1 } ? told(event.action, event.by || words.by_staff) : null;
    case "hung_up":
      return told("hung_up", word(`by_${event.by}`));
    default:
      return null;
  }
}

export function deedItem(event, preferences) {
  const told = deed(event, preferences);
  if (!told) return null;
  const item = make("li", told.kind);
  item.dataset.seq = event.seq;
  if (told.more) item.title = told.more;
  item.append(make("time", "", clock(told.at)), " ", make("span", "", told.text));
  return item;
}

export function facts(row) {
  const proof = row.proof && word(`proof_${row.proof}`);
  const diverted = row.diverted && word("diverted", { number: row.diverted });
  const told = [row.name && row.number, proof, word(`circle_${row.circle}`), word(`lang_${row.language}`), word(`line_${row.line}`), diverted];
  return told.filter(Boolean).join(" · ");
}
