// The two ends of the telephone inside the browser's audio thread: 16 kHz int16 to and from the line,
// whatever rate the browser runs at.

const LINE_RATE = 16000;
const FRAME = 320; // 20 ms

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / LINE_RATE;
    this.at = 0;
    this.sum = 0;
    this.count = 0;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }

  process([[channel]]) {
    if (!channel) return true;
    for (const sample of channel) {
      this.sum += sample;
      this.count += 1;
      this.at += 1;
      if (this.at >= this.step) {
        this.at -= this.step;
        this.keep(this.sum / this.count);
        this.sum = this.count = 0;
      }
    }
    return true;
  }

  keep(sample) {
    this.frame[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
    if (this.filled === FRAME) {
      this.port.postMessage(this.frame.slice());
      this.filled = 0;
    }
  }
}

class Speaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = []; // Int16Array of sound, or the name of a mark
    this.at = 0;
    this.last = 0;
    this.next = 0;
    this.between = 1;
    this.step = LINE_RATE / sampleRate;
    this.sounding = false;
    this.port.onmessage = ({ data }) => {
      if (data === null) this.clear();
      else this.queue.push(data);
    };
  }

  clear() {
    const marks = this.queue.filter((each) => typeof each === "string");
    this.queue = [];
    this.at = 0;
    for (const name of marks) this.port.postMessage({ mark: name });
  }

  pull() {
    while (this.queue.length && typeof this.queue[0] === "string") this.port.postMessage({ mark: this.queue.shift() });
    if (!this.queue.length) return null;
    const sound = this.queue[0];
    const sample = sound[this.at++] / 32768;
    if (this.at >= sound.length) {
      this.queue.shift();
      this.at = 0;
    }
    return sample;
  }

  process(_, [[channel]]) {
    let heard = false;
    for (let n = 0; n < channel.length; n++) {
      this.between += this.step;
      while (this.between >= 1) {
        this.between -= 1;
        const sample = this.pull();
        heard = heard || sample !== null;
        this.last = this.next;
        this.next = sample ?? 0;
      }
      channel[n] = this.last + (this.next - this.last) * this.between;
    }
    if (heard !== this.sounding) {
      this.sounding = heard;
      this.port.postMessage({ sounding: heard });
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("speaker", Speaker);
