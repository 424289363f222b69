// The recording of the call on screen: played on request, the record following the sound; a line that is clicked is heard.

import { $, headers, toast, words } from "/look/house.js";

/** Makes ready to play what is kept of `call`; nothing is fetched before somebody wants to listen. */
export function listenTo(call) {
  const sound = $("sound");
  sound.pause();
  sound.hidden = true;
  if (sound.src) URL.revokeObjectURL(sound.src);
  sound.removeAttribute("src");
  $("listening").hidden = !call.recording;
  $("listen").hidden = false;
  if (!call.recording) return;
  const cues = [...call.recording].sort((one, other) => one.offset_ms - other.offset_ms);
  $("listen").onclick = () => begin(call.id).catch(() => toast(words.no_listening, true));
  sound.ontimeupdate = () => follow(cues, sound.currentTime * 1000);
  for (const { seq, offset_ms } of cues) {
    item(seq)?.addEventListener("click", () => {
      if (sound.src) sound.currentTime = offset_ms / 1000;
    });
  }
}

async function begin(id) {
  const answer = await fetch(`/api/calls/${encodeURIComponent(id)}/recording`, { headers: headers() });
  if (!answer.ok) throw new Error(answer.status);
  const sound = $("sound");
  sound.src = URL.createObjectURL(await answer.blob());
  sound.hidden = false;
  $("listen").hidden = true;
  await sound.play();
}

/** Marks what is being said at `now` (ms). */
function follow(cues, now) {
  const said = cues.findLast((each) => each.offset_ms <= now);
  const before = $("record").querySelector(".sounding");
  const current = said && item(said.seq);
  if (before === current) return;
  before?.classList.remove("sounding");
  current?.classList.add("sounding");
  current?.scrollIntoView({ block: "nearest" });
}

function item(seq) {
  return $("record").querySelector(`[data-seq="${CSS.escape(seq)}"]`);
}
