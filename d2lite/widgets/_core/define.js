// An explorer from its description: what is common to all of them is written here, once.
import { addControl, addControls } from "./controls.js";
import { make } from "./dom.js";
import { openExplorer } from "./frame.js";
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
 * output(scene): { trait: value }, results for Python, sent when they stand and their numbers are finite.
 * say(scene, app): the picture in a sentence, for readers who do not see it.
 * top, left, right, bottom: lists of parts. A part is a function (app, parent, scene) that builds something in parent;
 *   parts.js has makers of the usual ones. left and right stand side by side where there is room.
 * controls: the traits with a control, most important first: names, control(name, options), or parts of your own.
 * visible: { name: (get, scene) => whether that control is of use now }.
 * preview(ctx, width, height, theme, scene, get): the picture without a page. panes.js puts several beside each other; scene.still
 *   is true there, for drawing that saves what a small picture need not show.
 */
export function defineExplorer(description) {
  const { title, scene: makeScene = () => ({}), preview } = description;
  return {
    render({ model, el }) {
      const app = openExplorer({ model, el, title });
      const scene = makeScene(app.get);
      app.update(() => follow(app, scene, description));
      build(app, scene, description);
      return app.close;
    },
    preview(ctx, state, width, height, themeName) {
      const get = (name) => state[name];
      const scene = Object.assign(makeScene(get), { still: true });
      const always = { now: 0, deadline: () => false };
      while (description.update?.(scene, get, always));
      preview(ctx, width, height, plainTheme(themeName), scene, get);
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

function build(app, scene, { top = [], left = [], right = [], bottom = [], controls = [], visible = {} }) {
  const fill = (parent, parts) => parts.forEach((part) => part(app, parent, scene));
  const place = (name, parts) => {
    const element = make("div", { class: name });
    app.body.append(element);
    fill(element, parts);
  };
  if (left.length || right.length) app.body.classList.add("d2l-columns");
  if (top.length) place("d2l-across", top);
  if (left.length) place("d2l-column d2l-left", left);
  if (right.length) place("d2l-column d2l-right", right);
  if (bottom.length) place("d2l-across d2l-bottom", bottom);
  if (controls.length) settings(controls)(app, app.body, scene);
  app.draw(() => {
    for (const [name, test] of Object.entries(visible)) app.named.get(name).hidden = !test(app.get, scene) || app.hide.includes(name);
  });
}

/** A part: a panel of controls, each a trait's name, control(name, options) or a part of your own. */
export function settings(controls) {
  return (app, parent, scene) => {
    const panel = addControls(app, parent, []);
    for (const item of controls) (typeof item === "string" ? control(item) : item)(app, panel, scene);
  };
}

/** A part: one trait's control, with the options of addControl. */
export function control(name, options = {}) {
  return (app, parent) => addControl(app, parent, name, options);
}
