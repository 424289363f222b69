// The live feed. Server-sent events are read by hand, so that a key can be sent along and a cut connection goes on
// exactly where it was (https://html.spec.whatwg.org/multipage/server-sent-events.html).

import { headers, Refused, words } from "/look/house.js";

const QUIET_MS = 40_000; // the house gives a sign of life every 15 s
const RETRY_MS = [250, 500, 1000, 2000, 5000];

export class Feed {
  /** `onEvent(event)`; `onState("connected" | "cut" | "refused")`, "connected" once nothing can be missed any more. */
  constructor(onEvent, onState) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.cursor = null;
    this.misses = 0;
    addEventListener("online", () => this.hurry?.());
  }

  async follow() {
    for (;;) {
      try {
        await this.read();
      } catch (error) {
        if (error instanceof Refused) return this.onState("refused");
      }
      this.onState("cut");
      const pause = RETRY_MS[Math.min(this.misses++, RETRY_MS.length - 1)];
      await new Promise((go) => {
        this.hurry = go;
        setTimeout(go, pause);
      });
    }
  }

  async read() {
    const cut = new AbortController();
    const after = this.cursor === null ? {} : { "Last-Event-ID": this.cursor };
    const answer = await fetch("/api/live", { headers: headers(after), cache: "no-store", signal: cut.signal });
    if (answer.status === 401 || answer.status === 403) throw new Refused(words.refused);
    if (!answer.ok) throw new Error(String(answer.status));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let begun = false;
    for (;;) {
      const silence = setTimeout(() => cut.abort(), QUIET_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      if (!begun) {
        begun = true;
        this.misses = 0;
        this.onState("connected");
      }
      const messages = (rest + value).split("\n\n");
      rest = messages.pop();
      for (const message of messages) this.hear(message);
    }
  }

  hear(message) {
    let id = null;
    let data = "";
    for (const line of message.split("\n")) {
      if (line.startsWith("id: ")) id = line.slice(4);
      if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (data) this.onEvent(JSON.parse(data));
    if (id !== null) this.cursor = id;
  }
}
