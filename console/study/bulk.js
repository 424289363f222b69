// Many at once: a file is looked at, brought in, taken back as one; all that is on file goes out as a file.

import { $, ask, headers, make, toast, trouble, word, words } from "/look/house.js";
import { done, me, showFaults, clearFaults, tried, when, writer } from "./study.js";

const LOOK_MS = 400;

/** The dialog for `list` ("preferences" or "contacts"); `changed` is called when something on file has. */
export function bulk(list, changed) {
  const form = $("bring");
  let sent = null;
  $("bulk").onclick = () => {
    reset();
    form.reset();
    $("files").showModal();
    imports(changed);
  };
  form.file.onchange = async () => {
    reset();
    const [file] = form.file.files;
    if (!file) return;
    sent = { name: file.name, text: await file.text(), author: me() };
    going(words.reading);
    try {
      preview(await ask(`${list}/import/preview`, "POST", sent));
    } catch (error) {
      showFaults(form, error);
    } finally {
      $("going").hidden = true;
    }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    $("bring_in").disabled = true;
    try {
      await bringIn(list, sent, changed);
    } catch (error) {
      showFaults(form, error);
    } finally {
      $("bring_in").disabled = false;
      $("going").hidden = true;
    }
  };
  for (const button of $("take_out").children) button.onclick = () => takeOut(list, button.dataset.form);
}

function reset() {
  clearFaults($("bring"));
  $("preview").hidden = $("bring_in").hidden = $("going").hidden = true;
}

function preview({ added, changed, examples }) {
  $("preview_told").textContent = word("preview", { added, changed });
  $("preview_list").replaceChildren(
    ...examples.map(({ id, is, told }) => {
      const item = make("li", "", `${words[`preview_${is}`]}: ${told || id}`);
      item.dir = "auto";
      return item;
    }),
  );
  $("preview").hidden = false;
  $("bring_in").hidden = added + changed === 0;
  (added + changed ? $("bring_in") : $("preview")).focus();
}

/** What is going on, and how much of it is done (0 to 1) where that is known. */
function going(told, share = null) {
  $("going").hidden = false;
  $("going_told").textContent = told;
  if (share === null) $("bar").removeAttribute("value");
  else $("bar").value = share;
}

async function bringIn(list, sent, changed) {
  going(words.bringing_in);
  const { batch, count } = await ask(`${list}/import`, "POST", sent);
  await changed();
  imports(changed);
  let { waiting } = await ask("imports/waiting");
  for (const all = waiting; waiting && $("files").open; { waiting } = await ask("imports/waiting")) {
    going(word("learning", { n: Math.max(0, all - waiting), all }), Math.max(0, 1 - waiting / all));
    await new Promise((then) => setTimeout(then, LOOK_MS));
  }
  reset();
  $("files").close();
  done(word("brought", { count }), () => undo(batch, changed));
}

async function undo(batch, changed) {
  const { count } = await ask(`imports/${batch}/undo`, "POST", { author: me() });
  await changed();
  done(word("took_back", { count }));
}

async function imports(changed) {
  const found = await tried(() => ask("imports"));
  $("imports").replaceChildren(
    ...(found?.items ?? []).slice(0, 8).map((each) => {
      const item = make("li", "", `${word("brought_by", { count: each.count, who: writer(each.author), when: when(each.at) })} `);
      const back = make("button", "quiet", words.undo);
      back.type = "button";
      back.setAttribute("aria-label", `${words.undo}: ${item.textContent}`);
      back.onclick = async () => {
        await tried(() => undo(each.id, changed));
        imports(changed);
      };
      item.append(back);
      return item;
    }),
  );
}

async function takeOut(list, form) {
  const answer = await fetch(`/api/${list}/export?form=${form}`, { headers: headers() });
  if (!answer.ok) return toast(trouble({}), true);
  const link = make("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `${list}.${form}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
