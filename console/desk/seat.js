// A call that this page holds: by typing, or by microphone and loudspeaker too. When the page is gone, so is the seat.

import { ask } from "/look/house.js";

const AGAIN_MS = 500;

export class Seat {
  /** `lost()` is called when the seat could not be kept. */
  constructor(callId, by, lost) {
    this.callId = callId;
    this.by = by;
    this.lost = lost;
  }

  /** Takes the call over. Throws what `ask` throws. */
  async take() {
    const { ticket, path, sound } = await ask(`calls/${encodeURIComponent(this.callId)}/seat`, "POST", { by: this.by });
    this.sound = sound;
    this.socket = new WebSocket(location.origin.replace(/^http/, "ws") + path);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.socket.send(JSON.stringify({ type: "start", ticket }));
    this.socket.onmessage = ({ data }) => this.speaker?.port.postMessage(new Int16Array(data));
    this.socket.onclose = () => !this.left && setTimeout(() => this.again(), AGAIN_MS);
  }

  async again() {
    if (this.left) return;
    try {
      await this.take();
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
    this.audio = new AudioContext({ latencyHint: "interactive" });
    await this.audio.audioWorklet.addModule("/call/sound.js");
    this.speaker = new AudioWorkletNode(this.audio, "speaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.speaker.connect(this.audio.destination);
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
