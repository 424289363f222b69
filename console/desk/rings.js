// What rings: shown before anything else, with its private brief, a sound and a notification.

import { $, houseTime, who, word, words } from "/look/house.js";
import { rings } from "./state.js";

const TONE_S = [0, 0.22];
const EVERY_MS = 3000;

export class Rings {
  /** `answer(handOff, "accept" | "decline")`; `open(callId)`. */
  constructor(answer, open) {
    this.answer = answer;
    this.open = open;
    this.all = new Map();
    this.seconds = 25;
    this.audio = null;
    this.title = document.title;
    const bell = $("bell");
    bell.onclick = () => this.permit();
    if (localStorage.getItem("bell")) addEventListener("pointerdown", () => this.permit(), { once: true });
    setInterval(() => this.sound(), EVERY_MS);
  }

  /** A gesture of the user's: from here on the page may sound and notify. */
  async permit() {
    this.audio ??= new AudioContext();
    await this.audio.resume();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
    localStorage.setItem("bell", "on");
    $("bell").setAttribute("aria-pressed", "true");
    $("bell").textContent = words.bell_on;
  }

  show(call) {
    const held = this.all.get(call.row.id);
    if (!rings(call)) return held && this.drop(call.row.id);
    if (held?.id === call.handOff.id) return;
    if (held) this.drop(call.row.id);
    const card = $("ring").content.firstElementChild.cloneNode(true);
    card.querySelector("h2").textContent = who(call.row);
    card.querySelector(".brief").textContent = call.handOff.brief;
    card.querySelector(".accept").onclick = () => this.answer(call.handOff, "accept");
    card.querySelector(".decline").onclick = () => this.answer(call.handOff, "decline");
    this.all.set(call.row.id, { id: call.handOff.id, card, call });
    $("rings").append(card);
    this.tick(houseTime());
    this.sound();
    this.notify(call);
  }

  drop(id) {
    this.all.get(id)?.card.remove();
    this.all.delete(id);
    this.tick(houseTime());
  }

  tick(now) {
    for (const { card, call } of this.all.values()) {
      const left = Math.max(0, Math.ceil(this.seconds - (now - call.handOff.rangAt) / 1000));
      const text = `${word(`reason_${call.handOff.reason}`)} · ${word("seconds_left", { n: left })}`;
      card.querySelector(".reason").textContent = text;
    }
    document.title = this.all.size ? words.ring_title : this.title;
  }

  /** The one that has rung longest. */
  get first() {
    return this.all.values().next().value?.call.handOff;
  }

  sound() {
    if (!this.all.size || this.audio?.state !== "running") return;
    for (const after of TONE_S) {
      const tone = new OscillatorNode(this.audio, { frequency: 880 });
      const volume = new GainNode(this.audio, { gain: 0 });
      const at = this.audio.currentTime + after;
      volume.gain.setValueAtTime(0.15, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      tone.connect(volume).connect(this.audio.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    }
  }

  notify(call) {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const body = word(`reason_${call.handOff.reason}`); // the brief is private: it stays on the page
    const note = new Notification(`${words.rings}: ${who(call.row)}`, { body, tag: call.handOff.id, requireInteraction: true });
    note.onclick = () => {
      window.focus();
      this.open(call.row.id);
      note.close();
    };
  }
}
