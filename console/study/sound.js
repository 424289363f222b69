// The voice of the house in the browser, and the microphone of whoever tries it out.

import { Problem, headers, language as reader, words } from "/look/house.js";
import { said } from "./study.js";

const LONGEST_MS = 25_000;
const LOUD = 1000; // of 32767

let playing = null;

/** Speaks `text` as callers would hear it; resolves when it has been heard or was cut short by another. */
export async function speak(text, language) {
  hush();
  const answer = await fetch("/api/sandbox/speak", {
    method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify({ text, language }),
  });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  const audio = new Audio(URL.createObjectURL(await answer.blob()));
  playing = audio;
  await audio.play();
  await new Promise((then) => (audio.onended = audio.onpause = then));
  URL.revokeObjectURL(audio.src);
}

export function hush() {
  playing?.pause();
  playing = null;
}

/**
 * Listens until `stop()` is called; `heard` then is {text, language, confidence}. `sounds()` is called when a voice
 * comes through. Throws when there is no microphone.
 */
async function listen(language = reader, sounds) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  const audio = new AudioContext();
  await audio.audioWorklet.addModule("/call/sound.js");
  const microphone = new AudioWorkletNode(audio, "microphone", { numberOfOutputs: 0 });
  const frames = [];
  microphone.port.onmessage = ({ data }) => {
    frames.push(data);
    if (data.some((sample) => sample > LOUD)) sounds();
  };
  audio.createMediaStreamSource(stream).connect(microphone);
  let stop;
  const stopped = new Promise((then) => (stop = then));
  const longest = setTimeout(stop, LONGEST_MS);
  const heard = stopped.then(async () => {
    clearTimeout(longest);
    for (const track of stream.getTracks()) track.stop();
    await audio.close();
    const answer = await fetch(`/api/sandbox/hear?language=${language}`, {
      method: "POST", headers: headers({ "Content-Type": "application/octet-stream" }), body: new Blob(frames),
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Problem(answer.status, told);
    return told;
  });
  return { stop, heard };
}

let listening = null;

/** A press on `button` listens, the next gives what was heard to `take`; `tell` says how it goes. */
export async function dictate(button, take, tell, language) {
  if (listening) return listening.stop();
  hush();
  const name = button.textContent;
  try {
    listening = await listen(language, () => button.classList.add("heard"));
    button.textContent = words.stop;
    button.setAttribute("aria-pressed", "true");
    tell(words.listening);
    const { text } = await listening.heard;
    tell(text ? "" : words.nothing_heard);
    if (text) await take(text);
  } catch (error) {
    tell(no_microphone(error) ?? said(error));
  } finally {
    listening = null;
    button.textContent = name;
    button.setAttribute("aria-pressed", "false");
    button.classList.remove("heard");
  }
}

const no_microphone = (error) => (error instanceof DOMException ? words.no_microphone : null);
