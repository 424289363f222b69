// The call on screen: the whole talk, what was used and done, and stepping in.

import { $, MOST_WORDS, Refused, ask, askForKey, toast, trouble, who, word, words } from "/look/house.js";
import { Ear, Seat } from "./seat.js";
import { cut, deedItem, facts, line } from "./telling.js";

const SURE_MS = 4000;

export class Detail {
  /** `me()`: the name of whoever sits here; `shut()` is called when it is closed. */
  constructor(me, shut) {
    this.me = me;
    this.call = null;
    this.drafts = new Map(JSON.parse(sessionStorage.getItem("drafts")));
    addEventListener("pagehide", () => this.keep());
    this.seats = new Map();
    this.ear = null;
    this.mayListen = true;
    this.preferences = new Map();
    $("made").open = !matchMedia("(max-width: 46rem)").matches;
    $("shut").onclick = () => this.close(shut);
    $("words_form").onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    $("words_form").onchange = () => this.label();
    $("text").onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        $("words_form").requestSubmit();
      }
    };
    $("listen").onclick = () => this.listen();
    $("take_over").onclick = () => this.take(this.call);
    $("talk_now").onclick = () => this.talk();
    $("hand_back").onclick = () => this.giveBack();
    $("put_through").onclick = () => this.handOver("put-through", words.putting_through);
    $("take_message").onclick = () => this.handOver("take-message", words.asked_message);
    $("end").onclick = () => this.end();
  }

  open(call) {
    this.keep();
    this.call = call;
    $("detail").hidden = false;
    document.body.classList.add("with_detail");
    $("lines").replaceChildren();
    $("done").replaceChildren();
    $("text").value = this.drafts.get(call.row.id) ?? "";
    this.mode = call.staffed ? "say" : "guidance";
    for (const event of call.events) this.add(event);
    if (call.partial) this.add(call.partial);
    this.head();
    $("talk").scrollTop = $("talk").scrollHeight;
  }

  close(shut) {
    if (!this.call) return;
    this.keep();
    const id = this.call.row.id;
    this.call = null;
    $("detail").hidden = true;
    document.body.classList.remove("with_detail");
    shut(id);
  }

  /** What is typed outlives the page: whoever has to sign in again finds it. */
  keep() {
    if (this.call) this.drafts.set(this.call.row.id, $("text").value);
    sessionStorage.setItem("drafts", JSON.stringify([...this.drafts].filter(([, text]) => text)));
  }

  get mode() {
    return $("words_form").elements.mode.value;
  }

  set mode(mode) {
    $("words_form").elements.mode.value = mode;
    this.label();
  }

  /** Something new in the call on screen; `event` is null when only its row changed. */
  hear(event) {
    const seat = this.seats.get(this.call.row.id);
    if (seat && this.call.staffed) seat.seen = true;
    if (event) this.add(event);
    if (event && ["hand_off", "staff"].includes(event.kind) && this.staffed !== this.call.staffed) {
      this.mode = this.call.staffed ? "say" : "guidance";
    }
    this.head();
  }

  add(event) {
    const talk = $("talk");
    const low = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
    if (event.kind === "played" && event.cut_short) {
      const said = talk.querySelector(`[data-said="${CSS.escape(event.said)}"]`);
      if (said) cut(said, event.heard_text);
    }
    const each = line(event);
    if (each) {
      talk.querySelector(".passing")?.remove();
      $("lines").append(each);
    }
    const done = tells(event) && deedItem(event, this.preferences);
    if (done) $("done").prepend(done);
    if (low) talk.scrollTop = talk.scrollHeight;
  }

  head() {
    const { row, staffed, ended, handOff } = this.call;
    this.staffed = staffed;
    $("detail_who").textContent = who(row);
    $("detail_facts").textContent = [facts(row), ended ? words.ended : staffed ? words.theirs : ""].filter(Boolean).join(" · ");
    $("detail_brief").hidden = !handOff?.brief || handOff.state === "ringing"; // it stands above then
    $("detail_brief").textContent = handOff?.brief ?? "";
    $("words_form").inert = ended;
    $("words_form").classList.toggle("over", ended);
    $("listen").hidden = ended || row.line === "text" || !this.mayListen || this.seats.has(row.id);
    const listening = this.ear?.callId === row.id;
    $("listen").textContent = listening ? words.listen_no_more : words.listen;
    $("listen").setAttribute("aria-pressed", listening);
    $("take_over").hidden = staffed;
    $("put_through").hidden = handOff?.state === "ringing";
    $("hand_back").hidden = !staffed;
    const seat = this.seats.get(row.id);
    $("talk_now").hidden = !seat?.sound || ended;
    $("talk_now").textContent = seat?.talking ? words.hush : words.talk_now;
    $("talk_now").setAttribute("aria-pressed", Boolean(seat?.talking));
    if (ended) $("talk").querySelector(".passing")?.remove();
    this.label();
  }

  label() {
    const say = this.mode === "say";
    $("text_label").textContent = !say ? words.guide_hint : this.call?.staffed ? words.say_mine : words.say_hint;
    $("send").textContent = say ? words.send_say : words.send_hint;
  }

  async send() {
    const text = $("text").value.trim();
    if (!text) return;
    if (text.length > MOST_WORDS) return toast(word("too_long", { n: text.length, most: MOST_WORDS }), true);
    const mode = this.mode;
    const sent = await this.post(mode, { text, by: this.me() });
    if (!sent) return;
    if ($("text").value.trim() === text) $("text").value = "";
    toast(mode === "say" ? words.said_it : words.hinted);
  }

  /** Holds `call` for as long as this page is open; answers the hand-off with this id. */
  async take(call, handOff = null) {
    const { id } = call.row;
    const seat = new Seat(id, this.me(), () => this.lose(id));
    this.mode = "say";
    $("text").focus();
    try {
      await seat.take(handOff);
    } catch (error) {
      if (!call.staffed) this.mode = "guidance";
      return toast(error.status === 409 ? words.too_late : trouble(error), true);
    }
    this.leave(id);
    if (this.ear?.callId === id) this.ear.leave();
    seat.seen = call.staffed; // the feed may have told before the answer came
    this.seats.set(id, seat);
    if (this.call) this.head();
    toast(words.yours);
  }

  /** Listens in, or no more; one call at a time. */
  async listen() {
    const { id } = this.call.row;
    const before = this.ear;
    before?.leave();
    if (before?.callId === id) return;
    const ear = new Ear(id, () => {
      if (this.ear === ear) this.ear = null;
      if (this.call) this.head();
    });
    try {
      await ear.open(this.me());
      this.ear = ear;
    } catch (error) {
      toast(trouble(error), true);
    }
    if (this.call) this.head();
  }

  async talk() {
    const seat = this.seats.get(this.call.row.id);
    if (seat.talking) seat.hush();
    else await seat.talk().catch(() => toast(words.no_microphone, true));
    this.head();
  }

  async giveBack() {
    await this.handOver("hand-back", words.handed_back);
  }

  /** The receptionist has the call again, and does what is asked of her. */
  async handOver(act, done) {
    const { id } = this.call.row;
    const seat = this.seats.get(id);
    if (seat) seat.returning = true;
    if (await this.post(act, { by: this.me() })) {
      this.leave(id);
      toast(done);
    } else if (seat) seat.returning = false;
  }

  /** The call is over, or somebody else handed it back. */
  vacate(call) {
    if (call.ended && this.ear?.callId === call.row.id) this.ear.leave();
    const seat = this.seats.get(call.row.id);
    if (!seat || !(call.ended || seat.seen)) return;
    if (call.ended || seat.returning) this.leave(call.row.id);
    else this.lose(call.row.id);
  }

  /** Whoever still talks has to know that the caller no longer hears them. */
  lose(id) {
    if (!this.seats.has(id)) return;
    this.leave(id);
    toast(words.taken_back, true);
  }

  leave(id) {
    this.seats.get(id)?.leave();
    this.seats.delete(id);
    if (this.call?.row.id === id) this.head();
  }

  async end() {
    const button = $("end");
    if (!button.dataset.sure) {
      button.dataset.sure = "asked";
      button.textContent = words.end_sure;
      return void setTimeout(() => this.calm(), SURE_MS);
    }
    this.calm();
    await this.post("hang-up");
  }

  calm() {
    delete $("end").dataset.sure;
    $("end").textContent = words.end;
  }

  async post(path, body) {
    try {
      return await ask(`calls/${encodeURIComponent(this.call.row.id)}/${path}`, "POST", body);
    } catch (error) {
      if (error instanceof Refused && !this.seats.size) askForKey();
      toast(trouble(error), true);
      return null;
    }
  }
}

/** Whether it is worth a line while the call goes on: all of it stands in the record afterwards. */
function tells(event) {
  const vain = event.kind === "recalled" && (event.unsure || !event.preferences.length);
  return !vain && !(event.kind === "hand_off" && event.state === "offered");
}
