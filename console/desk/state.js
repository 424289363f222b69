// What is known of each call, built from its events alone, each of them once and in order.

const UNCLEAR = 0.5;
const RECENT = 3;
const NEAR = { inner: 12, trusted: 8, known: 4, anyone: 0, blocked: 0 };

export class Calls {
  /** `load(id)` gives the whole call; `changed(call, event)` is told of everything new. */
  constructor(load, changed) {
    this.load = load;
    this.changed = changed;
    this.all = new Map();
    this.loading = new Map();
  }

  /** An event of the feed. What is missing before it is fetched; what is known already is passed over. */
  hear(event) {
    const call = this.all.get(event.call_id);
    if (event.kind === "partial") return call && this.overhear(call, event);
    if (!call || event.seq > call.seq + 1) return this.fetch(event.call_id, event.seq);
    if (event.seq === call.seq + 1) this.apply(call, event);
  }

  overhear(call, event) {
    call.partial = event;
    this.changed(call, event);
  }

  /** The whole call up to at least event `seq`; one request at a time for each call. */
  async fetch(id, seq = 0) {
    const waiting = this.loading.get(id);
    if (waiting) return void (waiting.seq = Math.max(waiting.seq, seq));
    const errand = { seq };
    this.loading.set(id, errand);
    try {
      do {
        if (!this.take(await this.load(id))) return;
      } while (this.all.get(id)?.seq < errand.seq);
    } finally {
      this.loading.delete(id);
    }
  }

  take({ events, ...row }) {
    if (row.state !== "open" && !this.all.has(row.id)) return false;
    if (!this.all.has(row.id)) this.all.set(row.id, fresh(row));
    const call = this.all.get(row.id);
    Object.assign(call.row, row);
    for (const event of events) if (event.seq === call.seq + 1) this.apply(call, event);
    if (row.state !== "open") call.ended = true;
    this.changed(call, null);
    return true;
  }

  apply(call, event) {
    call.seq = event.seq;
    call.events.push(event);
    fold(call, event);
    this.changed(call, event);
  }

  /** After a connection: what is open now, and what has ended unseen. `afresh`: the feed could not resume. */
  reconcile(rows, afresh) {
    const open = new Set(rows.map((row) => row.id));
    for (const row of rows) if (afresh || !this.all.has(row.id)) this.fetch(row.id);
    for (const call of this.all.values()) if (!open.has(call.row.id) && !call.ended) this.fetch(call.row.id);
  }

  forget(id) {
    this.all.delete(id);
  }
}

function fresh(row) {
  return {
    row, seq: 0, events: [], partial: null, confidences: [], unclear: 0, guarded: 0, failures: 0,
    handOff: null, staffed: false, heardAt: 0, answered: true, why: "", ended: false,
  };
}

function fold(call, event) {
  const at = Date.parse(event.at);
  switch (event.kind) {
    case "heard":
      call.partial = null;
      call.confidences.push(event.confidence);
      if (event.confidence < UNCLEAR) call.unclear += 1;
      call.heardAt = at;
      call.answered = false;
      call.row.language = event.language;
      call.why ||= event.text.length > 12 ? event.text : "";
      break;
    case "greeted":
    case "said":
      call.answered = true;
      break;
    case "message":
      call.why = event.reason;
      if (!call.row.name && event.from_name) call.row.name = event.from_name;
      break;
    case "screened":
      call.guarded += event.verdict === "block" ? 2 : 1;
      break;
    case "failed":
      call.failures += 1;
      break;
    case "proved":
      call.row.circle = event.circle;
      break;
    case "hand_off":
      call.handOff = { ...event, at, rangAt: event.state === "ringing" ? at : call.handOff?.rangAt };
      if (event.state === "bridged") call.staffed = true;
      if (event.state === "resumed") call.staffed = false;
      break;
    case "staff":
      if (event.action === "take_over") call.staffed = true;
      if (event.action === "hand_back") call.staffed = false;
      break;
    case "hung_up":
      call.ended = true;
      call.partial = null;
  }
}

export const rings = (call) => !call.ended && call.handOff?.state === "ringing";

/** Seconds that the caller has been waiting for an answer. */
export function waits(call, now) {
  if (rings(call)) return Math.max(0, (now - call.handOff.rangAt) / 1000);
  return call.answered || call.staffed || call.ended ? 0 : Math.max(0, (now - call.heardAt) / 1000);
}

/** Mean confidence of the last turns, 0..1; null before anything was heard. */
export function hearing(call) {
  const last = call.confidences.slice(-RECENT);
  return last.length ? last.reduce((sum, each) => sum + each, 0) / last.length : null;
}

/** How much a call needs a person: 0 is a call that goes well, 100 and more one that needs help now. */
export function need(call, now) {
  if (call.ended) return -1;
  const deaf = hearing(call) === null ? 0 : Math.max(0, 0.9 - hearing(call)) * 90;
  const troubled = call.unclear * 14 + call.guarded * 8 + call.failures * 25;
  const waiting = Math.min(30, waits(call, now) * 2);
  const near = deaf + troubled + waiting > 5 ? NEAR[call.row.circle] ?? 0 : (NEAR[call.row.circle] ?? 0) / 4;
  return (rings(call) ? 200 : 0) + deaf + troubled + waiting + near;
}

export function health(call, now) {
  const much = need(call, now);
  return much >= 45 ? "poor" : much >= 20 ? "watch" : "good";
}
