// A call that this page holds: by typing, or by microphone and loudspeaker too. When the page is gone, so is the seat.

import { ask } from "/look/house.js";

const AGAIN_MS = 500;
const HERE = '{"type":"here"}'; // the answer to whether the page is still there

/** A loudspeaker that is fed int16 samples at 16 kHz through its port. */
async function loudspeaker() {
  const audio = new AudioContext({ latencyHint: "interactive" });
  await audio.audioWorklet.addModule("/call/sound.js");
  const speaker = new AudioWorkletNode(audio, "speaker", { numberOfInputs: 0, outputChannelCount: [1] });
  speaker.connect(audio.destination);
  return { audio, speaker };
}

function socketOf({ path, ticket }) {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + path);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(JSON.stringify({ type: "start", ticket }));
  return socket;
}

/** Hears a call without being heard. `over()` is called when there is nothing more to hear. */
export class Ear {
  constructor(callId, over) {
    this.callId = callId;
    this.over = over;
  }

  /** Throws what `ask` throws. */
  async open(by) {
    const ticket = await ask(`calls/${encodeURIComponent(this.callId)}/listen`, "POST", { by });
    Object.assign(this, await loudspeaker());
    this.socket = socketOf(ticket);
    this.socket.onmessage = ({ data }) => this.speaker.port.postMessage(new Int16Array(data));
    this.socket.onclose = () => this.leave();
  }

  leave() {
    if (this.left) return;
    this.left = true;
    this.socket?.close();
    this.audio?.close();
    this.over();
  }
}

export class Seat {
  /** `lost()` is called when the seat could not be kept. */
  constructor(callId, by, lost) {
    this.callId = callId;
    this.by = by;
    this.lost = lost;
  }

  /** Takes the call over, and answers the hand-off with this id. Throws what `ask` throws. */
  async take(handOff = null, again = false) {
    const path = `calls/${encodeURIComponent(this.callId)}/seat`;
    const told = await ask(path, "POST", { by: this.by, hand_off: handOff, again });
    this.sound = told.sound;
    this.socket = socketOf(told);
    this.socket.onmessage = ({ data }) => (data instanceof ArrayBuffer ? this.hear(data) : this.socket.send(HERE));
    this.socket.onclose = () => !this.left && setTimeout(() => this.again(), AGAIN_MS);
  }

  hear(sound) {
    this.speaker?.port.postMessage(new Int16Array(sound));
  }

  async again() {
    if (this.left) return;
    try {
      await this.take(null, true);
    } catch {
      this.leave();
      this.lost();
    }
  }

  /** Opens microphone and loudspeaker. Throws DOMException when there is no microphone to be had. */
  async talk() {
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    Object.assign(this, await loudspeaker());
    const microphone = new AudioWorkletNode(this.audio, "microphone", { numberOfOutputs: 0 });
    this.audio.createMediaStreamSource(this.stream).connect(microphone);
    microphone.port.onmessage = ({ data }) => this.socket?.readyState === 1 && this.socket.send(data.buffer);
    if (this.left) this.hush();
  }

  get talking() {
    return Boolean(this.stream);
  }

  hush() {
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.audio?.state !== "closed") this.audio?.close();
    this.stream = this.audio = this.speaker = null;
  }

  /** On purpose: nobody needs to wait whether the page comes back. */
  leave() {
    this.left = true;
    this.hush();
    if (this.socket?.readyState === 1) this.socket.send('{"type":"leave"}');
    this.socket?.close();
  }
}
