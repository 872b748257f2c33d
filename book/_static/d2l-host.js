// Runs the explorers of a built page: no kernel, no server, no module loader, so file:// works as well.
//
// The build leaves one <div class="d2l-explorer-frame" data-model="..."> for each view, with a picture in it, and the
// models' state in <script id="d2l-state">. When a view comes near, the host loads the explorer's style and script,
// calls render({ model, el }) as Jupyter does, and takes the picture away.
{
  const bundles = new Map(); // name -> promise of { render }
  const factories = new Map(); // name -> function, as the bundles' scripts register them
  const models = new Map(); // id -> PageModel
  const mounted = new WeakSet();

  d2l.register = (name, factory) => factories.set(name, factory);

  /** What an explorer sees of its traits: Jupyter's model without a kernel behind it. */
  class PageModel {
    host = "site";
    #state;
    #listeners = new Map();

    constructor(state) {
      this.#state = state;
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

  function addTag(name, attributes) {
    return new Promise((resolve, reject) => {
      const tag = Object.assign(document.createElement(name), attributes);
      tag.onload = resolve;
      tag.onerror = () => reject(new Error(`could not load ${attributes.src ?? attributes.href}`));
      document.head.append(tag);
    });
  }

  function load(name, hasStyle) {
    if (!bundles.has(name)) {
      const address = `${d2l.root}_static/explorers/${name}`;
      const style = hasStyle ? addTag("link", { rel: "stylesheet", href: `${address}.css` }) : null;
      const script = addTag("script", { src: `${address}.js` });
      bundles.set(name, Promise.all([script, style]).then(() => factories.get(name)()));
    }
    return bundles.get(name);
  }

  async function mount(frame, data) {
    if (mounted.has(frame)) return;
    mounted.add(frame);
    const id = frame.dataset.model;
    const target = document.createElement("div");
    try {
      const { state, css, buffers } = data[id];
      const explorer = await load(state._bundle, css);
      if (!models.has(id)) models.set(id, new PageModel(restoreBuffers(state, buffers)));
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
    text.className = "d2l-note";
    text.setAttribute("role", "status");
    text.textContent = `This explorer did not start (${error.message}). Reload the page, or run the notebook instead.`;
    frame.append(text);
    frame.dataset.live = "failed";
  }

  /** Follow a link to an explorer: #d2l-boundary?lr=0.1 names the element d2l-boundary, the rest is the explorer's. */
  function follow(data) {
    const id = location.hash.slice(1).split("?")[0];
    const frame = document.getElementById(id);
    if (!frame?.matches(".d2l-explorer-frame")) return;
    frame.scrollIntoView();
    mount(frame, data).then(() => frame.scrollIntoView());
  }

  const source = document.getElementById("d2l-state");
  if (source) {
    const data = JSON.parse(source.textContent);
    const frames = document.querySelectorAll(".d2l-explorer-frame");
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          mount(target, data);
        }
      },
      { rootMargin: "600px 0px" },
    );
    frames.forEach((frame) => near.observe(frame));
    window.addEventListener("hashchange", () => follow(data));
    follow(data);
  }
}
