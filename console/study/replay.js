// What would have changed in the last calls under a draft.

import { headers, make, word, words } from "/look/house.js";

/** The last calls under a draft, drawn in `below` a line of the answer at a time. */
export async function replay(below, path, draft) {
  const bar = Object.assign(make("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", words.replaying);
  const list = make("ul", "history");
  const summary = make("p", "hint", words.replaying);
  summary.setAttribute("role", "status");
  below.replaceChildren(bar, summary, list);
  const sent = await fetch(`/api/${path}`, {
    method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(draft),
  });
  if (!sent.ok) throw new Error(words.failed);
  let step = { of: 0 };
  for await (const line of lines(sent.body)) {
    step = JSON.parse(line);
    if (step.error) throw new Error(step.error);
    Object.assign(bar, { max: step.of || 1, value: step.of ? step.done : 1 });
    if (step.changed) list.append(change(step.changed));
  }
  bar.remove();
  summary.textContent = word(list.children.length ? "would_change" : "would_not_change", { count: list.children.length, of: step.of });
}

async function* lines(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const parts = (rest + piece.value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

function change(changed) {
  const line = make("li");
  const asked = make("p", "", `«${changed.question}»`);
  asked.dir = "auto";
  line.append(asked);
  for (const [tag, side] of [["del", changed.before], ["ins", changed.after]]) line.append(make(tag, "", side.said.join(" ")));
  return line;
}
