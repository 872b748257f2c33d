// A question: a quiet card with what is asked, a place for the answer, and a sentence that replies to it.
import { make, makeButton, makeIcon, writeProse, writeText } from "../_core/dom.js";
import { openExplorer } from "../_core/frame.js";
import { emptyAnswer, isAnswer, judge, rightAnswer } from "./model.js";
import { addOptions } from "./options.js";
import { addList } from "./list.js";
import { addField } from "./field.js";

const INPUTS = { choice: addOptions, number: addField, order: addList };
const WORDS = { right: "Right.", wrong: "Not quite.", shown: "The answer." };
const SIGNS = { right: "M3 8.5l3.5 3.5L13 4.5", wrong: "M4 4l8 8M12 4l-8 8", shown: "M3 8.5l3.5 3.5L13 4.5" };

/** A small sign for right or wrong, with its word for screen readers. */
function makeSign(kind) {
  const sign = make("span", { class: `d2l-sign d2l-sign-${kind}` }, makeIcon(SIGNS[kind]));
  sign.append(make("span", { class: "d2l-offscreen", text: kind === "wrong" ? "wrong" : "right" }));
  return sign;
}

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Question", bare: true });
  const content = app.get("content");
  const ask = { app, content, makeSign, given: emptyAnswer(content), tried: [], done: "" };
  const prompt = writeProse(make("legend", { class: "d2l-prompt" }), content.prompt);
  const asked = make("fieldset", { class: "d2l-asked" }, prompt);
  const actions = make("div", { class: "d2l-actions" });
  const form = make("form", { novalidate: true, autocomplete: "off" }, asked, actions);
  ask.reply = make("div", { class: "d2l-reply", role: "status" });
  app.body.append(form, ask.reply);
  ask.asked = asked;
  ask.actions = actions;
  ask.show = INPUTS[content.kind](ask, (given) => change(ask, given));
  addButtons(ask);
  app.scope.on(form, "submit", (event) => {
    event.preventDefault();
    if (ask.done) reset(ask);
    else check(ask);
  });
  recall(ask);
  return app.close;
}

function addButtons(ask) {
  ask.check = makeButton({ label: "Check", kind: "main" });
  ask.check.type = "submit";
  ask.reveal = makeButton({ label: "Show the answer", kind: "quiet" });
  for (const button of [ask.check, ask.reveal]) button.removeAttribute("title");
  ask.app.scope.on(ask.reveal, "click", () => {
    ask.given = rightAnswer(ask.content);
    finish(ask, "shown");
    ask.check.focus(); // the button that was pressed is no longer there
  });
  ask.actions.append(ask.check, ask.reveal);
}

/** The reader gives another answer: what was said of the last one goes. */
function change(ask, given) {
  ask.given = given;
  if (ask.done) ask.tried = [];
  ask.done = "";
  draw(ask, null);
}

function reset(ask) {
  Object.assign(ask, { given: emptyAnswer(ask.content), tried: [], done: "" });
  draw(ask, null);
  ask.asked.ownerDocument.defaultView.requestAnimationFrame(() => ask.focus?.());
}

function check(ask) {
  const { verdict } = judge(ask.content, ask.given);
  if (verdict === "unreadable") return draw(ask, verdict);
  if (verdict === "right") return finish(ask, "right");
  ask.tried = [...ask.tried, ask.given];
  remember(ask);
  draw(ask, "wrong");
}

function finish(ask, done) {
  ask.done = done;
  remember(ask);
  draw(ask, done);
}

/** Bring everything up to date; said is what the reply is about: "right", "wrong", "shown", "unreadable" or null. */
function draw(ask, said) {
  const { content, done, tried } = ask;
  ask.show(ask, said);
  writeText(ask.check.lastChild, done ? "Try again" : "Check");
  ask.check.classList.toggle("d2l-button-main", !done);
  ask.check.classList.toggle("d2l-button-plain", Boolean(done));
  ask.reveal.hidden = Boolean(done) || tried.length === 0;
  ask.reply.className = `d2l-reply${said ? ` d2l-reply-${said}` : ""}`;
  ask.reply.replaceChildren(...(said ? [makeReply(judge(content, ask.given).reply, said)] : []));
}

/** The sentence, after a word for its kind unless it begins with one of its own. */
function makeReply(reply, said) {
  const text = writeProse(make("span"), reply);
  const word = said === "right" && /^(right|yes)\b/i.test(reply) ? "" : WORDS[said];
  if (word) text.prepend(make("strong", { text: word }), " ");
  const sign = SIGNS[said] ? makeIcon(SIGNS[said]) : null;
  return make("p", {}, sign && make("span", { class: `d2l-sign d2l-sign-${said}` }, sign), text);
}

/** Keep the last answer, once answered the one that was right, where the page has a memory. */
function remember({ app, given, done }) {
  const memory = app.model.memory;
  const kept = memory?.get();
  if (!memory || (kept?.done && !done) || (kept?.done === "right" && done === "shown")) return;
  memory.set({ done, given });
}

/** What the reader answered before, if it still is an answer to this question. */
function recall(ask) {
  const kept = ask.app.model.memory?.get();
  if (!kept || !isAnswer(ask.content, kept.given)) return draw(ask, null);
  ask.given = kept.given;
  const { verdict } = judge(ask.content, ask.given);
  if (verdict === "right") ask.done = kept.done === "shown" ? "shown" : "right";
  else if (verdict === "wrong") ask.tried = [ask.given];
  draw(ask, ask.done || (verdict === "wrong" ? verdict : null));
}
