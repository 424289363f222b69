// The way to the house: the words of the page, the API, and what went wrong in words.

export const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang;
export const $ = (id) => document.getElementById(id);
export const MOST_WORDS = 5000;
const CLOCK_MS = 2000;

/** A word of the page with its gaps filled in. */
export function word(key, gaps = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (gap, name) => gaps[name] ?? gap);
}

export class Refused extends Error {}

export class Problem extends Error {
  constructor(status, told) {
    super(told.detail || told.title || words.failed);
    this.status = status;
    this.told = told;
  }
}

export function headers(more = {}) {
  const token = sessionStorage.getItem("token");
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

let ahead = 0;

/** The time at the house, in ms: this machine's clock may be wrong. */
export const houseTime = () => Date.now() - ahead;

/** JSON from the API. Throws Problem, Refused, or TypeError when the house cannot be reached. */
export async function ask(path, method = "GET", body = undefined) {
  const more = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(`/api/${path}`, { method, headers: headers(more), body: JSON.stringify(body) });
  ahead = Date.now() - (Date.parse(answer.headers.get("Date")) || Date.now());
  if (Math.abs(ahead) < CLOCK_MS) ahead = 0; // the header tells whole seconds
  if (answer.status === 401) throw new Refused(words.refused);
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 403) throw new Problem(403, { detail: words.not_yours });
  if (!answer.ok) throw new Problem(answer.status, told);
  return told;
}

/** What went wrong, for people. */
export function trouble(error) {
  if (error instanceof TypeError) return words.lost;
  if (error.status === 413) return word("too_long", { n: "…", most: MOST_WORDS });
  return error.message || words.failed;
}

let fading;

/** A line that goes away by itself after `last` ms. */
export function toast(text, bad = false, last = bad ? 9000 : 4000) {
  const line = $("toast");
  line.textContent = text;
  line.classList.toggle("bad", bad);
  clearTimeout(fading);
  fading = setTimeout(() => (line.textContent = ""), last);
}

/** Nobody is signed in any more: to the way in, and back here afterwards. */
export function askForKey() {
  sessionStorage.removeItem("token");
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}&lang=${language}`);
}

export function who(call) {
  return call.name || call.number || words.unknown;
}

let timeZone;

/** From here on times are told as they are at the office, wherever the reader is. */
export function asAt(policy) {
  timeZone = policy.hours?.timezone;
}

export function clock(at) {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", timeZone });
}

export function moment(at) {
  return new Date(at).toLocaleString(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone });
}

/** An element with a class and text; text is never read as markup. */
export function make(tag, kind = "", text = "") {
  const each = document.createElement(tag);
  if (kind) each.className = kind;
  if (text) each.textContent = text;
  return each;
}
