// Runs the explorers of a built page: no kernel, no server, no module loader, so file:// works as well.
//
// The build leaves one <div class="d2l-explorer-frame"> for each view, with a picture in it and the names of its model,
// of the script with the model's state (a small state is in the page itself), of the explorer's script and style, and of
// the core, which has what all explorers share. When a view comes near, the host loads these, calls render({ model, el }) as Jupyter does, and takes the picture away.
{
  const tags = new Map(); // file -> promise that it is loaded
  const states = new Map(); // name -> { state, buffers }, as the states' scripts add them
  const factories = new Map(); // name -> function, as the bundles' scripts register them
  const explorers = new Map(); // name -> { render }; of a core: path -> module
  const models = new Map(); // id -> PageModel
  const mounted = new WeakMap(); // view -> promise that its explorer is there
  const waiting = new WeakSet(); // words pressed before their explorer is there

  d2l.register = (name, factory) => factories.set(name, factory);
  d2l.addState = (name, data) => states.set(name, data);

  /** What an explorer sees of its traits: Jupyter's model without a kernel behind it. */
  class PageModel {
    host = "site";
    #state;
    #listeners = new Map();

    /** memory: { get(), set(value) }, what this browser keeps of this widget in this page. */
    constructor(state, memory) {
      this.#state = state;
      this.memory = memory;
    }

    get(name) {
      return this.#state[name];
    }

    set(name, value) {
      const values = typeof name === "string" ? { [name]: value } : name;
      const changed = Object.keys(values).filter((key) => this.#state[key] !== values[key]);
      Object.assign(this.#state, values);
      changed.forEach((key) => this.#emit(`change:${key}`, this, values[key]));
      if (changed.length) this.#emit("change", this);
    }

    on(names, listener) {
      for (const name of names.split(" ")) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
        this.#listeners.get(name).add(listener);
      }
    }

    off(names, listener) {
      if (!names) this.#listeners.clear();
      for (const name of (names ?? "").split(" ")) {
        if (listener) this.#listeners.get(name)?.delete(listener);
        else this.#listeners.delete(name);
      }
    }

    save_changes() {} // there is no kernel to save to

    send() {}

    #emit(name, ...values) {
      for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...values);
    }
  }

  /** Put the binary traits, stored as text beside the state, back in their places. */
  function restoreBuffers(state, buffers = []) {
    for (const { path, data } of buffers) {
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const holder = path.slice(0, -1).reduce((value, key) => value[key], state);
      holder[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  /** Load a file of the explorers' folder, once. */
  function fetchOnce(file) {
    const address = `${d2l.root}_static/explorers/${file}`;
    const isStyle = file.endsWith(".css");
    if (!tags.has(file)) {
      tags.set(file, new Promise((resolve, reject) => {
        const tag = document.createElement(isStyle ? "link" : "script");
        Object.assign(tag, isStyle ? { rel: "stylesheet", href: address } : { src: address });
        tag.onload = resolve;
        tag.onerror = () => reject(new Error(`could not load ${address}`));
        document.head.append(tag);
      }));
    }
    return tags.get(file);
  }

  /** Run a bundle's script, once: what it imports comes from `require`, what it gives goes into `explorer`. */
  function run(bundle, require) {
    if (!explorers.has(bundle)) {
      const explorer = {};
      factories.get(bundle)(require, explorer);
      explorers.set(bundle, explorer);
    }
    return explorers.get(bundle);
  }

  async function load({ core, bundle, state, style }) {
    const files = [`${bundle}.js`];
    if (state) files.push(`${state}.js`); // a small one stands in the page
    if (core) files.push(`${core}.js`, `${core}.css`); // the shared style before the explorer's own
    if (style !== undefined) files.push(`${bundle}.css`);
    await Promise.all(files.map(fetchOnce));
    const shared = core ? run(core) : {};
    return run(bundle, (path) => shared[path]);
  }

  /** A view's model as the build left it: in the page where it is small, otherwise in a script of its own. */
  function stateOf(frame) {
    const inside = frame.querySelector(":scope > script[type='application/json']");
    return inside ? JSON.parse(inside.textContent) : states.get(frame.dataset.state);
  }

  /** Bring a view to life, once; resolves when it is. */
  function mount(frame) {
    if (!mounted.has(frame)) mounted.set(frame, start(frame));
    return mounted.get(frame);
  }

  async function start(frame) {
    const { model: id } = frame.dataset;
    const target = document.createElement("div");
    try {
      const explorer = await load(frame.dataset);
      const { state, buffers } = stateOf(frame);
      if (!models.has(id)) models.set(id, new PageModel(restoreBuffers({ ...state }, buffers), d2l.memory?.(state.key)));
      target.className = "d2l-live";
      frame.append(target); // in the page before it draws, so that it can measure itself
      await explorer.render({ model: models.get(id), el: target });
      frame.querySelector(".d2l-placeholder").remove();
      frame.dataset.live = "true";
    } catch (error) {
      target.remove();
      note(frame, error);
    }
  }

  /** Say that an explorer is not available, politely and where it would be; its picture stays. */
  function note(frame, error) {
    const text = document.createElement("p");
    text.className = "d2l-page-note";
    text.setAttribute("role", "status");
    text.textContent = `This explorer did not start (${error.message}). Reload the page, or run the notebook instead.`;
    frame.append(text);
    frame.dataset.live = "failed";
  }

  /** What a link names: #d2l-boundary?lr=0.1 the element d2l-boundary, the rest is the explorer's. Mail programs write %3F. */
  const named = (hash) => document.getElementById(hash.slice(1).split(/\?|%3F/i)[0]);

  /** Follow a link to an explorer. */
  function follow() {
    const frame = named(location.hash);
    if (!frame?.matches(".d2l-explorer-frame")) return;
    d2l.reveal(frame);
    frame.scrollIntoView();
    mount(frame).then(() => frame.scrollIntoView());
  }

  /** Words of the text that act on an explorer which is not there yet: it starts, and then does what they say (_core/words.js). */
  function wake(event) {
    const link = event.target.closest?.("a.d2l-acts");
    const frame = link && named(link.hash);
    const asks = event.type === "click" ? !(event.button || event.ctrlKey || event.metaKey || event.shiftKey) : event.key === " ";
    if (!frame || frame.dataset.live || !asks) return;
    event.preventDefault();
    if (waiting.has(link)) return; // a second press would undo the first
    waiting.add(link);
    mount(frame).then(() => requestAnimationFrame(() => link.click())); // once it has drawn: what the press adds is told from that
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        mount(target);
      }
    },
    { rootMargin: "600px 0px" },
  );
  document.querySelectorAll(".d2l-explorer-frame").forEach((frame) => near.observe(frame));
  window.addEventListener("hashchange", follow);
  for (const type of ["click", "keydown"]) document.addEventListener(type, wake, true);
  follow();
}
