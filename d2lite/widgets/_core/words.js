// Words of the text that act: a link to the explorer's state sets it in place, and takes it back when pressed again.
import { make, makeButton } from "./dom.js";
import { parseHash, same, tellValues } from "./state.js";

const BRIEF = 5000; // ms the line stays that says what a press has changed

/**
 * Let links such as #d2l-gates?forget_gate=closed, in the text around the explorer, set the traits that they name and keep the
 * others. Pressed again, while what they set still stands, they bring back what was before. No address changes: Back leaves
 * the page as it always does. Links that also hide controls stay links.
 */
export function addWords(app) {
  app.root.dataset.name = app.id;
  const pressed = new Map(); // link -> { before, after } of the traits that it has set
  const say = addLine(app);
  const now = (values) => Object.fromEntries(Object.keys(values).map((name) => [name, app.get(name)]));
  const mark = () => pressed.forEach(({ after }, link) => link.setAttribute("aria-pressed", same(now(after), after)));
  const press = (link, values) => {
    const found = pressed.get(link);
    const undo = found && same(now(found.after), found.after);
    const next = undo ? found.before : values;
    const before = now(next);
    const isNew = !same(before, next);
    const seen = isNew ? shownIn(app.root) : []; // a press that changes nothing adds no picture
    pressed.delete(link);
    if (isNew && !undo) pressed.set(link, { before, after: next });
    app.stop();
    app.set(next);
    app.unfold(Object.keys(next));
    link.setAttribute("role", "button"); // as the book's pages say from the start
    link.setAttribute("aria-pressed", false);
    mark();
    say(link, `${undo ? "Undone" : isNew ? "Set" : "Already so"}: ${tellValues(next, app.spec, app.tell)}.`, seen);
  };
  const follow = (event) => {
    const link = event.composedPath().find((element) => element.matches?.('a[href*="#d2l-"]')); // VS Code's text is in shadow roots
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.type === "keydown" && !(event.key === " " && link.role === "button")) return; // Enter is a click already
    const found = isHere(link, app) && parseHash(link.hash, app.id, app.spec);
    if (!found || found.hide.length) return;
    event.preventDefault();
    event.stopPropagation();
    for (const text of found.notes) app.note(text);
    press(link, found.values);
  };
  for (const type of ["click", "keydown"]) app.scope.on(document, type, follow, true);
  app.on(app.spec.map(({ name }) => name), mark);
  app.scope.add(() => pressed.forEach((_, link) => link.removeAttribute("aria-pressed")));
}

/**
 * Whether a link leads to this very page; in JupyterLab, which holds several notebooks, to its own. Of several explorers of one
 * name, such as the chapter's and a copy that the reader has made of it, the first in the page does what words say.
 */
function isHere(link, { root, id }) {
  const [book, own] = [link, root].map((element) => element.closest(".jp-Notebook"));
  const first = [...(own ?? root.getRootNode()).querySelectorAll(".d2l-explorer")].find((other) => other.dataset.name === id);
  return book === own && first === root && (link.getAttribute("href").startsWith("#") || link.pathname === location.pathname);
}

/** The pictures that stand in the page now. */
const shownIn = (root) => [...root.querySelectorAll(".d2l-stage")].filter((stage) => stage.getClientRects().length);

/**
 * The line over the picture that says what words have set: say(link, text, seen) shows it and brings both into sight; where the
 * press adds a picture to those seen before, as histograms below the controls, that one. The line makes room for itself, and keeps
 * it until the reader is back at the text: what comes after it would move under his finger.
 */
function addLine({ root, scope, announce, draw }) {
  const text = make("span");
  const back = makeButton({ label: "Back to the text", kind: "quiet" });
  const line = make("p", { class: "d2l-said", hidden: true }, text, back);
  root.prepend(line);
  let [timer, from, moved, known] = [0, null, false, []];
  const look = (element, isSeen) => (element.style.visibility = isSeen ? "inherit" : "hidden");
  const end = () => [line, back].forEach((element) => look(element, false));
  back.onclick = () => {
    line.hidden = true;
    from.scrollIntoView({ block: "center" });
    from.focus({ preventScroll: true });
  };
  const bring = (stage) => {
    moved = bringIntoSight([line, stage], from) || moved;
    look(back, moved);
  };
  draw(() => known.length && queueMicrotask(() => { // when all that the press changes has been drawn
    const added = shownIn(root).find((stage) => !known.includes(stage));
    known = [];
    if (!added) return;
    holdStill(from, () => added.before(line));
    bring(added);
  }));
  scope.on(root, "pointerdown", ({ target }) => line.contains(target) || end());
  scope.add(() => clearTimeout(timer));
  return (link, said, seen) => {
    for (let fold = root.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
    holdStill(link, () => {
      [from, moved, known, text.textContent, line.hidden] = [link, false, seen, said, false];
      root.prepend(line);
    });
    look(line, true);
    bring(shownIn(root)[0] || root);
    announce(said);
    clearTimeout(timer);
    timer = setTimeout(() => moved || end(), BRIEF);
  };
}

/** Scroll until all of the parts are in sight, and tell whether that has moved an element of the text. */
function bringIntoSight(parts, element) {
  const top = () => element.getBoundingClientRect().top;
  const before = top();
  for (const part of parts) part.scrollIntoView({ block: "nearest", behavior: "instant" }); // does nothing where all of it is in sight
  return Math.abs(top() - before) > 1;
}

/** Change what stands in the page, and scroll by as much as that moves an element in sight: what was pressed stays under the finger. */
function holdStill(element, change) {
  const top = () => element.getBoundingClientRect().top;
  const before = top();
  change();
  const by = top() - before;
  if (by && before > 0 && before < innerHeight) scrollBy({ top: by, behavior: "instant" });
}
