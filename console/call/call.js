// A call from this page: microphone to the line, the line to the loudspeaker, captions beside it.

const words = JSON.parse(document.getElementById("words").textContent);
const $ = (id) => document.getElementById(id);

let call = null;

class Call {
  /** False when it was hung up before anybody answered. */
  async begin() {
    const { ticket, path } = await askForTicket();
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    if (this.over) return this.end();
    this.audio = new AudioContext({ latencyHint: "interactive" });
    await this.audio.audioWorklet.addModule("/call/sound.js");
    if (this.over) return this.end();
    this.speaker = new AudioWorkletNode(this.audio, "speaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.speaker.connect(this.audio.destination);
    this.speaker.port.onmessage = ({ data }) => this.played(data);
    this.microphone = new AudioWorkletNode(this.audio, "microphone", { numberOfOutputs: 0 });
    this.audio.createMediaStreamSource(this.stream).connect(this.microphone);
    await this.connect(path, ticket);
    if (this.over) return this.end();
    this.microphone.port.onmessage = ({ data }) => this.socket.readyState === 1 && this.socket.send(data.buffer);
    return true;
  }

  connect(path, ticket) {
    this.socket = new WebSocket(location.origin.replace(/^http/, "ws") + path);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.receive(data);
    this.socket.onclose = ({ code }) => ended(code === 1000 ? null : code === 1013 ? words.busy : words.lost);
    return new Promise((opened, failed) => {
      this.socket.onopen = () => {
        this.send({ type: "start", ticket, language: document.documentElement.lang });
        opened();
      };
      this.socket.onerror = () => failed(new Error(words.lost));
    });
  }

  receive(data) {
    if (data instanceof ArrayBuffer) return this.speaker.port.postMessage(new Int16Array(data));
    const message = JSON.parse(data);
    if (message.type === "mark") this.speaker.port.postMessage(message.name);
    else if (message.type === "clear") this.speaker.port.postMessage(null);
    else if (message.type === "event") show(message.event);
  }

  played({ mark, sounding }) {
    if (mark) this.send({ type: "mark", name: mark });
    if (sounding !== undefined) {
      $("orb").classList.toggle("speaking", sounding);
      state(sounding ? words.speaking : words.listening);
    }
  }

  send(message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  end() {
    this.over = true;
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.audio?.state !== "closed") this.audio?.close();
    if (this.socket?.readyState === 1) {
      this.send({ type: "hang_up" });
      this.socket.onclose = null;
      this.socket.close();
    }
    return false;
  }
}

async function askForTicket() {
  const token = $("token").value || sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch("/api/call-tickets", { method: "POST", headers });
  if (answer.status === 401 || answer.status === 403) {
    $("door").hidden = false;
    sessionStorage.removeItem("token");
    throw new Error(words.refused);
  }
  if (!answer.ok) throw new Error(words.lost);
  if (token) sessionStorage.setItem("token", token);
  $("door").hidden = true;
  return answer.json();
}

function state(text) {
  $("state").textContent = text;
}

function show(event) {
  switch (event.kind) {
    case "greeted":
    case "said":
      return caption("receptionist", event.text, event.language);
    case "partial":
      return caption("you", event.text, event.language, true);
    case "heard":
      return caption("you", event.text, event.language);
    case "message":
      return caption("note", words.message);
    case "promise":
      return caption("note", words.promise);
    case "hand_off":
      if (event.state === "ringing") caption("note", words.ringing);
      if (event.state === "bridged") caption("note", words.with_person);
  }
}

function caption(who, text, language, passing = false) {
  const list = $("captions");
  list.querySelector("li.passing")?.remove();
  const line = document.createElement("li");
  line.className = passing ? `${who} passing` : who;
  if (who !== "note") {
    const name = document.createElement("b");
    name.textContent = words[who];
    line.append(name, " ");
  }
  const said = document.createElement("span");
  said.textContent = text;
  if (language) said.lang = language;
  line.append(said);
  list.append(line);
  line.scrollIntoView({ block: "nearest" });
}

function ended(trouble) {
  if (!call) return;
  call.end();
  call = null;
  clearInterval(ended.clock);
  $("call").hidden = false;
  $("hang_up").hidden = $("keypad").hidden = true;
  $("orb").className = "orb";
  $("trouble").textContent = trouble ?? "";
  state(words.ended);
  $("call").focus();
}

function tick(since) {
  const seconds = Math.floor((Date.now() - since) / 1000);
  $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

$("call").onclick = async () => {
  $("trouble").textContent = "";
  if (!navigator.mediaDevices) return void ($("trouble").textContent = words.insecure);
  $("captions").replaceChildren();
  $("call").hidden = true;
  $("hang_up").hidden = $("clock").hidden = false;
  $("hang_up").focus();
  state(words.connecting);
  const since = Date.now();
  ended.clock = setInterval(tick, 500, since);
  tick(since);
  const mine = (call = new Call());
  try {
    if (!(await mine.begin())) return;
    $("keypad").hidden = false;
    $("orb").classList.add("live");
    state(words.talking);
  } catch (error) {
    if (mine.over) return;
    const deaf = error instanceof DOMException;
    ended(deaf ? words.no_microphone : error.message);
    state(words.idle);
  }
};
$("hang_up").onclick = () => ended(null);
$("door").onsubmit = (event) => {
  event.preventDefault();
  $("call").click();
};
for (const key of document.querySelectorAll("[data-key]")) {
  key.onclick = () => call?.send({ type: "key", key: key.dataset.key });
}
addEventListener("pagehide", () => call?.end());
