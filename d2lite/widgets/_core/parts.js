// Parts of an explorer, for the lists of defineExplorer: each maker returns a function (app, parent, scene).
import { make, makeButton, writeText } from "./dom.js";
import { nameElement } from "./frame.js";
import { addScrubber } from "./handles.js";
import { addStage, addTooltip } from "./stage.js";
import { addTransport } from "./transport.js";

/**
 * A picture: draw(ctx, width, height, theme, scene, get), label, ratio, className as in addStage; and what can be done with it:
 * scrub: as in scrubStage; tip(scene, px, py, width, height): the text beside the pointer, or null;
 * use(app, stage, scene): handles, points, clicks and keys of your own.
 */
export function stage({ draw, scrub = null, tip = null, use = null, ...options }) {
  return (app, parent, scene) => {
    const paint = (ctx, width, height, theme) => draw(ctx, width, height, theme, scene, app.get);
    const built = addStage(app, parent, { ...options, draw: paint });
    if (scrub) scrubStage(app, built, scene, scrub);
    if (tip) addTooltip(app, built, (px, py) => tip(scene, px, py, built.width(), built.height()));
    use?.(app, built, scene);
  };
}

/** A stage as a slider of steps (as in stepsOf): scale(scene, width, height) is its axis, text(scene, value) reads it out. */
function scrubStage(app, built, scene, { scale, text, label = "Step shown", ...steps }) {
  const { first, end, now, go } = stepsOf(app, scene, steps);
  addScrubber(app, built, {
    label,
    min: first,
    value: now,
    max: end,
    valueAt: (px, py) => scale(scene, built.width(), built.height()).invert(px, py),
    move: (step) => {
      app.stop();
      go(step);
    },
    text: (value) => text(scene, value),
  });
}

/**
 * The steps of a whole-number trait, from its least value to last(scene, get), if that is less than its greatest, or of a Choice,
 * one after the other; asked anew each time, as keys may not wait for the next frame's scene. Where steps are not the trait's
 * values: first, value(scene, get) and change(step, app, scene), which sets the trait in your own way.
 */
function stepsOf(app, scene, { trait, last = () => Infinity, change = null, ...options }) {
  const { choices, min = 0, max = choices?.length - 1 } = app.entry(trait);
  const { first = min, value = (_, get) => (choices ? choices.indexOf(get(trait)) : get(trait)) } = options;
  const end = () => Math.max(first, Math.min(max, last(scene, app.get)));
  const now = () => Math.max(first, Math.min(end(), value(scene, app.get)));
  const go = (step, look) => (change ? change(step, app, scene) : app.set({ [trait]: choices ? choices[step] : step }, look));
  return { first, end, now, go };
}

/**
 * Play, Step and Reset over steps (as in stepsOf). restart(scene): called by Reset; speed: the trait of steps a second; again: at
 * the end, Step begins anew, too, as Play always does; rest(scene): whether nothing moves any more, so that Play stops.
 */
export function player({ trait = "step_count", speed = "speed", restart = () => {}, again = false, rest = () => false, ...steps } = {}) {
  return (app, parent, scene) => {
    const { first, end, now, go } = stepsOf(app, scene, { trait, ...steps });
    const reset = () => {
      restart(scene);
      go(first);
    };
    addTransport(app, parent, {
      speed,
      start: () => (now() === end() || rest(scene)) && reset(),
      forward: (n) => {
        const from = again && now() === end() ? first - 1 : now();
        const step = Math.min(end(), from + n);
        go(step, { later: true });
        return step < end() && !rest(scene);
      },
      back: (n) => go(Math.max(first, now() - n)),
      reset,
    });
  };
}

/** A paragraph: text, or text(scene, app) that is asked at each drawing and may give { text, bad }; empty, it is not there. */
export function paragraph(text, { name = null, className = "" } = {}) {
  return (app, parent, scene) => {
    const element = make("p", { class: `d2l-line ${className}`.trim() });
    if (name) nameElement(app, name, element);
    parent.append(element);
    if (typeof text === "string") writeText(element, text);
    else app.draw(() => writeCell(element, text(scene, app)));
  };
}

/** What the marks of a picture mean, and what can be done with it; text as in paragraph. */
export function hint(text) {
  return paragraph(text, { className: "d2l-hint" });
}

/** Results in a row: list(scene, app) gives [[name, value], ...]. */
export function facts(list, { name = null } = {}) {
  return (app, parent, scene) => {
    const element = make("div", { class: "d2l-facts" });
    if (name) nameElement(app, name, element);
    parent.append(element);
    app.draw(() => {
      const pairs = list(scene, app);
      fitChildren(element, pairs.length, () => make("span", {}, make("i"), " ", make("b"))); // the space: for who hears or copies it
      pairs.forEach(([key, value], i) => {
        writeText(element.children[i].firstChild, key);
        writeCell(element.children[i].lastChild, value);
      });
    });
  };
}

/**
 * A table: heads (a list, a function (scene, app) that gives one, or none), and rows(scene, app), a list of lists of text or
 * { text, bad }, of any length; the first of each heads its row.
 * caption(scene, app): a line above it; chosen(scene, app): the index of the row that stands out.
 */
export function table({ name = null, className = "", heads = null, rows, caption = null, chosen = null }) {
  return (app, parent, scene) => {
    const body = make("tbody");
    const head = make("tr");
    const title = caption && make("caption");
    const element = make("table", { class: `d2l-table ${className}`.trim() }, title, heads && make("thead", {}, head), body);
    if (name) nameElement(app, name, element);
    parent.append(element);
    app.draw(() => {
      const lines = rows(scene, app);
      if (heads) fillHeads(head, typeof heads === "function" ? heads(scene, app) : heads);
      if (title) writeText(title, caption(scene, app));
      fillRows(body, lines);
      if (chosen) [...body.children].forEach((row, i) => row.classList.toggle("d2l-chosen", i === chosen(scene, app)));
    });
  };
}

function fillHeads(head, texts) {
  if (head.dataset.texts === texts.join("|")) return;
  head.dataset.texts = texts.join("|");
  head.replaceChildren(...texts.map((text) => (text ? make("th", { text, scope: "col" }) : make("td"))));
}

function fillRows(body, lines) {
  fitChildren(body, lines.length, () => make("tr", {}, make("th", { scope: "row" })));
  lines.forEach((line, i) => {
    const row = body.children[i];
    fitChildren(row, line.length, () => make("td"));
    line.forEach((value, j) => writeCell(row.children[j], value));
  });
}

/** Make an element have this many children, by taking away and adding at its end. */
function fitChildren(element, count, makeChild) {
  while (element.children.length > count) element.lastChild.remove();
  while (element.children.length < count) element.append(makeChild());
}

/** A button: press(app, scene); usable(app, scene), asked at each drawing, greys it; the rest as in makeButton. */
export function button({ press, usable = null, ...look }) {
  return (app, parent, scene) => {
    const element = makeButton(look);
    element.onclick = () => {
      press(app, scene);
      app.refresh();
    };
    parent.append(element);
    if (usable) app.draw(() => (element.disabled = !usable(app, scene)));
  };
}

/** Parts in one element, which a link can leave out by its name; label is its name for screen readers. */
export function group({ name = null, className = "", label = null }, ...parts) {
  return (app, parent, scene) => {
    const element = make("div", { class: className, role: label && "group", "aria-label": label });
    if (name) nameElement(app, name, element);
    parent.append(element);
    for (const part of parts) part(app, element, scene);
  };
}

/** Write text, or { text, bad } in the colour of warnings; a paragraph with nothing to say takes no room. */
function writeCell(element, value) {
  const { text, bad = false } = typeof value === "object" ? value : { text: String(value) };
  writeText(element, text);
  element.classList.toggle("d2l-bad", bad);
  if (element.tagName === "P") element.hidden = text === "";
}
