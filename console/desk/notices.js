// Who is told of what while nobody looks at the desk.

import { $, Refused, ask, askForKey, language, make, moment, toast, trouble, word, words } from "/look/house.js";

const form = $("new");
const LETTERS = 20;

async function show() {
  try {
    const [{ items, media }, letters] = await Promise.all([ask("notices/channels"), ask(`notices?limit=${LETTERS}`)]);
    $("channels").replaceChildren(...items.map(channel));
    $("none").hidden = items.length > 0;
    $("letters").replaceChildren(...letters.items.map((each) => letter(each, items)));
    $("no_letters").hidden = letters.items.length > 0;
    for (const option of form.elements.medium.options) limit(option, media);
    hint();
  } catch (error) {
    if (error instanceof Refused) return askForKey(show);
    toast(trouble(error), true);
  }
}

function limit(option, media) {
  const name = words[`medium_${option.value}`];
  option.disabled = !media.includes(option.value);
  option.textContent = option.disabled ? word("not_set_up", { medium: name }) : name;
  if (option.disabled && option.selected) option.parentElement.value = media[0] ?? "";
}

const LIKE = { email: "marta@example.com", sms: "+34600111222", slack: "https://hooks.slack.com/…", webhook: "https://…" };

/** What an address of this kind looks like. */
function hint() {
  form.elements.to.placeholder = LIKE[form.elements.medium.value] ?? "";
}

function channel(each) {
  const item = make("li");
  const told = each.kinds.map((kind) => words[`kind_${kind}`]).join(" · ");
  const more = [words[each.words ? "with_words" : "without_words"], each.quiet && word("quiet", each.quiet)];
  const acts = make("div", "acts");
  acts.append(act(words.try, () => tryOut(each)), removal(each));
  item.append(make("p", "main_line", `${words[`medium_${each.medium}`]}: ${each.to}`), make("p", "", told));
  item.append(make("p", "facts", more.filter(Boolean).join(" · ")), acts);
  return item;
}

function act(text, work) {
  const button = make("button", "", text);
  button.onclick = async () => {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      toast(trouble(error), true);
    }
    button.disabled = false;
  };
  return button;
}

async function tryOut(each) {
  await ask(`notices/channels/${each.id}/try`, "POST");
  toast(words.tried);
}

function removal(each) {
  const button = act(words.remove, async () => {
    if (button.textContent !== words.remove_sure) return void (button.textContent = words.remove_sure);
    await ask(`notices/channels/${each.id}`, "DELETE");
    await show();
  });
  button.classList.add("stop");
  return button;
}

function letter(each, channels) {
  const item = make("li");
  const to = channels.find((known) => known.id === each.channel)?.to ?? "";
  const link = make("a", "", words[`kind_${each.kind}`]);
  link.href = `/desk/calls?lang=${language}#${each.call_id}${each.seq ? `/${each.seq}` : ""}`;
  const state = word(`state_${each.state}`, { n: each.tries, why: each.why });
  item.append(link, make("span", "", to), make("span", "facts", `${moment(each.made)} · ${state}`));
  if (each.state === "failed") {
    item.append(act(words.again, async () => {
      await ask(`notices/${each.id}/again`, "POST");
      await show();
    }));
  }
  return item;
}

form.elements.medium.onchange = hint;
form.onsubmit = async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const [from, until] = [fields.get("from"), fields.get("until")];
  try {
    const made = await ask("notices/channels", "POST", {
      medium: fields.get("medium"),
      to: fields.get("to").trim(),
      kinds: fields.getAll("kinds"),
      language: fields.get("language"),
      words: fields.has("words"),
      quiet: from && until ? { from, until } : null,
    });
    $("secret").hidden = !made.secret;
    $("secret").textContent = made.secret ? word("secret", { secret: made.secret }) : "";
    form.elements.to.value = "";
    await show();
  } catch (error) {
    toast(trouble(error), true);
  }
};
show();
