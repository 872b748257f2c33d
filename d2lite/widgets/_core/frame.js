// The frame every explorer stands in: its state, its theme, one frame loop, the note and summary lines, the links.
import { copyText, make, makeButton, makeScope } from "./dom.js";
import { coerce, formatHash, formatPython, linkEntries, parseHash, same } from "./state.js";
import { readTheme, watchTheme } from "./theme.js";
import { addWords } from "./words.js";

const SAVE_EVERY = 250; // ms between messages to the kernel while something plays
const SAY_EVERY = 1500; // ms between sentences for screen readers
const BRIEF = 4000; // ms a note stays that needs no answer
const ICONS = {
  link: "M6.5 9.5l3-3M7 4.5l1.2-1.2a2.9 2.9 0 0 1 4.2 4.2L11 8.8M9 11.5l-1.2 1.2a2.9 2.9 0 0 1-4.2-4.2L5 7.2",
  code: "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5",
  restore: "M3 3v3.5h3.5M3.3 6.3A5.3 5.3 0 1 1 2.8 9.5",
};

/**
 * Build the frame of an explorer in el; title names it for screen readers. bare: without the footer and the link, for what
 * has no state to share and a name of its own.
 *
 * app.get(name), app.set({ name: value }, { later }), app.on(names, callback): the state (checked, synced, shared).
 * app.body: put what you build here. app.theme: the colours now. app.entry(name): a trait's description.
 * app.update(callback): called before each drawing; return true to be called again in the next frame, "quiet" when that
 * frame need draw nothing new.
 * app.draw(callback): called to draw; app.refresh(): ask for a frame (any number of calls give one).
 * app.say(text): tell screen readers, now and then, once the reader has touched something; app.announce(text): at once.
 * app.note(text, brief): tell everyone, politely. app.pauses: functions that stop what plays; app.stop() calls them.
 * app.fold: the fold "More settings", if there is one; app.unfold(changed, more) opens it where a link asks for that (more), or does
 * not say and has changed traits whose controls are in it.
 * app.report({ name: value }): hand results to Python, once they have changed; of numbers that are not finite none: a list is empty
 * then, a single number stays as it was.
 * app.tell[name] = (value) => text: says in words what a trait was set to, where its numbers alone would not.
 * app.scope.on / app.scope.add: what is undone by app.close(), which render returns.
 */
export function openExplorer({ model, el, title, bare = false }) {
  const own = `d2l-${model.get("_explorer").replaceAll("_", "-")}`; // scopes the explorer's own style sheet
  const label = model.get("key") ? `${title} (${model.get("key")})` : title; // each its own on a page with several
  const root = bare ? make("div", { class: "d2l-explorer" }) : make("section", { class: "d2l-explorer", "aria-label": label });
  const app = { model, root, scope: makeScope(), spec: model.get("_spec"), tell: {}, hide: [], named: new Map(), pauses: [], reduced: false };
  app.body = make("div", { class: `d2l-body ${own}` });
  app.notes = make("div", { class: "d2l-notes", role: "status" });
  app.summary = make("div", { class: "d2l-offscreen" });
  app.spoken = make("div", { class: "d2l-offscreen", "aria-live": "polite" });
  root.append(app.body, app.notes, ...(bare ? [] : [makeFooter(app)]), app.summary, app.spoken);
  addState(app);
  addFrames(app);
  addSpeech(app);
  el.append(root);
  el.classList.add("d2l-home");
  app.scope.add(() => root.remove());
  if (model.host !== "site") keepKeys(app);
  app.theme = readTheme(root);
  app.scope.add(watchTheme(() => {
    app.theme = readTheme(root);
    app.refresh();
  }));
  app.scope.on(window, "resize", app.refresh); // another zoom or screen: another resolution
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  app.reduced = motion.matches;
  app.scope.on(motion, "change", () => (app.reduced = motion.matches));
  app.stop = () => {
    for (const pause of app.pauses) pause();
  };
  app.unfold = (changed, more) => {
    const inside = changed.some((name) => app.fold?.contains(app.named.get(name) || null));
    if (app.fold && (more ?? inside)) app.fold.open = true;
  };
  app.close = () => app.scope.close();
  if (!bare) addLink(app, el);
  if (!bare) addWords(app);
  app.refresh();
  return app;
}

/** JupyterLab takes plain keys, the arrows among them, for its cells: those pressed in here stay here. */
function keepKeys({ root, scope }) {
  scope.on(root, "keydown", (event) => event.ctrlKey || event.metaKey || event.stopPropagation());
}

function addState(app) {
  const { model, scope } = app;
  let waiting = 0;
  const save = () => {
    clearTimeout(waiting);
    waiting = 0;
    model.save_changes();
  };
  app.entry = (name) => app.spec.find((entry) => entry.name === name);
  app.get = (name) => model.get(name) ?? app.entry(name)?.default; // ipywidgets.embed leaves out what is as by default
  app.values = () => Object.fromEntries(linkEntries(app.spec).map(({ name }) => [name, app.get(name)]));
  app.set = (changes, { later = false } = {}) => {
    for (const [name, raw] of Object.entries(changes)) {
      const { value, note } = coerce(app.entry(name), raw);
      if (note) app.note(note);
      if (value !== undefined) model.set(name, value);
    }
    if (!later) save();
    else waiting = waiting || setTimeout(save, SAVE_EVERY);
  };
  app.report = (results) => {
    for (const [name, found] of Object.entries(results)) {
      const stands = [found].flat(Infinity).every((item) => typeof item !== "number" || Number.isFinite(item));
      const value = !stands && Array.isArray(found) ? [] : found;
      if ((stands || value !== found) && String(value) !== String(app.get(name))) app.set({ [name]: value }, { later: true });
    }
  };
  app.on = (names, callback) => {
    for (const name of [names].flat()) {
      model.on(`change:${name}`, callback);
      scope.add(() => model.off(`change:${name}`, callback));
    }
  };
  app.on(app.spec.map(({ name }) => name), () => app.refresh());
  app.opening = app.values(); // what the author chose: Restore goes back to it
  scope.add(() => waiting && save());
}

function addFrames(app) {
  const updates = [];
  const drawings = [];
  let request = 0;
  let visible = true;
  let wanted = false; // a picture, not only a frame
  let trouble = null; // the note of a picture that could not be drawn
  const paint = (time) => {
    try {
      const results = updates.map((update) => update(time));
      const more = results.some(Boolean);
      if (more && !wanted && results.every((result) => !result || result === "quiet")) return more;
      wanted = false;
      for (const draw of drawings) draw();
      trouble?.remove();
      trouble = null;
      return more;
    } catch (error) {
      console.error(error);
      app.stop();
      trouble = trouble || app.note(`This picture could not be drawn (${error.message}). Restore sets it back.`);
      return false;
    }
  };
  const frame = (time) => {
    request = 0;
    if (visible && paint(time)) ask();
  };
  const ask = () => {
    if (!request && visible) request = requestAnimationFrame(frame);
  };
  app.update = (callback) => updates.push(callback);
  app.draw = (callback) => drawings.push(callback);
  app.refresh = () => {
    wanted = true;
    ask();
  };
  const watcher = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting; // a busy page hears of several changes at once
    if (visible) app.refresh();
  }, { rootMargin: "200px" });
  watcher.observe(app.root);
  for (const type of ["beforeprint", "afterprint"]) { // paper shows what is out of sight, and in the light theme
    app.scope.on(window, type, () => {
      app.theme = readTheme(app.root);
      wanted = true;
      paint(performance.now());
    });
  }
  app.scope.add(() => {
    watcher.disconnect();
    cancelAnimationFrame(request);
    visible = false;
  });
}

function addSpeech(app) {
  let timer = 0;
  let wanted = "";
  const speak = () => {
    timer = 0;
    if (app.summary.textContent !== wanted) app.summary.textContent = wanted;
  };
  app.say = (text) => {
    if (!wanted) app.summary.textContent = text;
    wanted = text;
    if (!timer) timer = setTimeout(speak, SAY_EVERY);
  };
  app.announce = (text) => (app.spoken.textContent = text);
  // an explorer that nobody has touched yet can be read, and does not speak up
  for (const type of ["focusin", "pointerdown"]) app.scope.on(app.root, type, () => app.summary.setAttribute("aria-live", "polite"));
  app.scope.add(() => clearTimeout(timer));
  app.note = (text, brief = false) => {
    const close = makeButton({ label: "Dismiss", icon: "M4 4l8 8M12 4l-8 8", iconOnly: true, kind: "quiet" });
    const line = make("p", { class: "d2l-note" }, make("span", { text }), close);
    close.onclick = () => {
      line.remove();
      (app.notes.querySelector("button") || app.named.get("copy").lastChild).focus();
    };
    const old = [...app.notes.children].filter((other) => other.textContent === line.textContent);
    for (const other of old) other.remove();
    app.notes.append(line);
    if (app.notes.children.length > 5) app.notes.firstChild.remove();
    if (brief) setTimeout(() => line.contains(document.activeElement) || line.remove(), BRIEF);
    return line;
  };
}

function makeFooter(app) {
  const footer = make("div", { class: "d2l-footer" });
  const add = (label, icon, title, action) => {
    const button = makeButton({ label, icon: ICONS[icon], title, kind: "quiet" });
    button.onclick = action;
    footer.append(button);
  };
  const copied = async (text, what) => {
    const done = await copyText(text);
    app.note(done ? `${what} copied.` : `Copy this yourself: ${text}`, done);
  };
  if (app.model.host === "site") {
    add("Copy link", "link", "Copy a link to this page with everything set as it is now", () => {
      copied(location.href.split("#")[0] + formatHash(app.id, app.spec, app.values(), app.hide, app.fold?.open), "Link");
    });
  }
  if (app.model.get("_python")) { // a curve or a question of a chapter's own is no cell to copy
    add("Copy as Python", "code", "Copy a notebook cell that makes this explorer in this state", () => {
      copied(formatPython(app.model.get("_python"), app.spec, app.values()), "Python cell");
    });
  }
  add("Restore", "restore", "Set everything as it was when the page opened", () => {
    app.stop();
    app.set(app.opening);
    app.notes.replaceChildren();
  });
  app.named.set("copy", footer);
  return footer;
}

/**
 * Take the state from the page's link, now and whenever it changes; leave out the controls it hides. A link sets what it names
 * and keeps the rest; Back undoes it, but for what the reader has changed since.
 */
function addLink(app, el) {
  app.id = el.closest('[id^="d2l-"]')?.id || `d2l-${app.model.get("key") || app.model.get("_explorer")}`;
  if (app.model.host !== "site") return;
  const trail = [{ hash: null, before: {}, hide: [] }]; // the addresses seen, each with what it found
  const follow = () => {
    const found = parseHash(location.hash, app.id, app.spec);
    const { values, hide, more, notes } = found || { values: {}, hide: trail[trail.length - 1].hide, notes: [] };
    const before = Object.fromEntries(Object.keys(values).map((name) => [name, app.get(name)]));
    const changed = Object.keys(values).filter((name) => !same(values[name], before[name]));
    if (found) openState(app, values, hide);
    if (found) queueMicrotask(() => app.unfold(changed, more)); // once all controls are there
    for (const text of notes) app.note(text);
    return { hash: location.hash, before, after: values, hide };
  };
  const move = () => {
    const isBack = trail.length > 1 && trail[trail.length - 2].hash === location.hash;
    if (!isBack) return void trail.push(follow());
    const { before, after, hide } = trail.pop();
    const last = trail[trail.length - 1];
    const kept = Object.entries(before).filter(([name]) => String(app.get(name)) === String(after[name]));
    if (kept.length || hide !== last.hide) openState(app, Object.fromEntries(kept), last.hide);
  };
  move();
  app.scope.on(window, "hashchange", move);
}

function openState(app, values, hide) {
  app.stop();
  app.set(values);
  app.hide = hide;
  for (const [name, element] of app.named) element.hidden = app.hide.includes(name);
  queueMicrotask(() => { // once all controls are there
    const unknown = app.hide.filter((name) => !app.named.has(name));
    app.hide = app.hide.filter((name) => app.named.has(name));
    if (unknown.length) app.note(`The link hides “${unknown.join(", ").slice(0, 60)}”, which is not known here.`);
  });
  app.refresh();
}

/** Give a control a name, by which a teacher's link (hide=name) may leave it out. */
export function nameElement(app, name, element) {
  app.named.set(name, element);
  element.hidden = app.hide.includes(name);
}
