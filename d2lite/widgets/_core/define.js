// An explorer from its description: what is common to all of them is written here, once.
import { writeNames } from "../_draw/scales.js";
import { addControl, addControls } from "./controls.js";
import { make } from "./dom.js";
import { nameElement, openExplorer } from "./frame.js";
import { plainTheme } from "./theme.js";

const BUDGET = 6; // ms a frame may spend on work that can go on in the next

/**
 * { render, preview } of an explorer. All but title and preview may be left out.
 *
 * title: its name for screen readers.
 * scene(get): make what is drawn; {} otherwise. get(name) is a trait's value.
 * update(scene, get, { now, deadline }): bring it up to date with the traits. Where that takes long, stop when deadline()
 *   is true and return true: the rest comes in the next frames. "quiet": nothing new to draw until then; "extra": it is, but
 *   the results stand already.
 * output(scene): { trait: value }, results for Python, sent when they stand; an empty list where numbers are not finite.
 * say(scene, app): the picture in a sentence, for readers who do not see it.
 * top, left, right, bottom: lists of parts. A part is a function (app, parent, scene) that builds something in parent;
 *   parts.js has makers of the usual ones. left and right stand side by side where there is room.
 * controls: the traits with a control, most important first: names, control(name, options), or parts of your own. The first three
 *   (shown: another number, where there are controls in the columns) stand below the columns; the others and the parts of the
 *   list more are in the fold "More settings". bottom comes after them: picture and controls are seen together.
 * visible: { name: (get, scene) => whether that control is of use now }.
 * preview(ctx, width, height, theme, scene, get): the picture without a page. panes.js puts several beside each other; scene.still
 *   is true there, for drawing that saves what a small picture need not show.
 */
export function defineExplorer(description) {
  const { title, scene: makeScene = () => ({}), preview } = description;
  return {
    render({ model, el }) {
      let app = null;
      const show = () => {
        const before = app;
        before?.close();
        app = openExplorer({ model, el, title });
        if (before) app.opening = before.opening;
        const scene = makeScene(app.get);
        app.update(() => follow(app, scene, description));
        build(app, scene, description);
        if (before?.fold?.open) app.fold.open = true;
      };
      show();
      const given = app.spec.filter(({ kind }) => kind === "payload").map(({ name }) => `change:${name}`);
      for (const event of given) model.on(event, show); // other data from a notebook, such as a network trained on: all is built anew
      return () => {
        for (const event of given) model.off(event, show);
        app.close();
      };
    },
    preview(ctx, state, width, height, themeName) {
      const get = (name) => state[name];
      const scene = Object.assign(makeScene(get), { still: true });
      const always = { now: 0, deadline: () => false };
      while (description.update?.(scene, get, always));
      preview(ctx, width, height, plainTheme(themeName), scene, get);
      writeNames(ctx);
    },
  };
}

/** One frame's work: the scene, then what Python and screen readers hear of it. */
function follow(app, scene, { update = () => false, output = null, say = null, budget = BUDGET }) {
  const now = performance.now();
  const more = update(scene, app.get, { now, deadline: () => performance.now() - now > budget });
  if (output && more !== true) app.report(output(scene));
  if (say) app.say(say(scene, app));
  return more;
}

function build(app, scene, description) {
  const { top = [], left = [], right = [], bottom = [], visible = {} } = description;
  const place = (name, parts) => {
    const element = make("div", { class: name });
    app.body.append(element);
    fill(app, element, parts, scene);
  };
  if (left.length || right.length) app.body.classList.add("d2l-columns");
  if (top.length) place("d2l-across", top);
  if (left.length) place("d2l-column d2l-left", left);
  if (right.length) place("d2l-column d2l-right", right);
  placeSettings(app, scene, description);
  if (bottom.length) place("d2l-across d2l-bottom", bottom);
  app.draw(() => {
    for (const [name, test] of Object.entries(visible)) app.named.get(name).hidden = !test(app.get, scene) || app.hide.includes(name);
  });
}

function fill(app, parent, parts, scene) {
  for (const part of parts) (typeof part === "string" ? control(part) : part)(app, parent, scene);
}

/** The controls: the first few in sight, the others in a fold. */
function placeSettings(app, scene, { controls = [], shown = 3, more = [] }) {
  const panel = addControls(app, app.body, []);
  fill(app, panel, controls, scene);
  const rest = addControls(app, app.body, []);
  rest.append(...[...panel.children].slice(shown));
  const others = make("div", { class: "d2l-across" });
  fill(app, others, more, scene);
  const inside = [rest, others].filter((element) => element.childElementCount);
  const fold = make("details", { class: "d2l-more" }, make("summary", { text: "More settings" }), ...inside);
  if (!panel.childElementCount) panel.remove();
  if (!inside.length) return void rest.remove();
  app.fold = fold;
  app.body.append(fold);
  nameElement(app, "more", fold);
  app.draw(() => (fold.hidden = app.hide.includes("more") || !fold.querySelector(":scope > div > :not([hidden])")));
}

/** A part: a panel of controls, each a trait's name, control(name, options) or a part of your own. */
export function settings(controls) {
  return (app, parent, scene) => {
    fill(app, addControls(app, parent, []), controls, scene);
  };
}

/** A part: one trait's control, with the options of addControl. */
export function control(name, options = {}) {
  return (app, parent) => addControl(app, parent, name, options);
}
