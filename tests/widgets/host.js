// The smallest page host an explorer can stand in: a model with change events, and views that can be closed.
window.listeners = { added: 0, removed: 0 };
{
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const outlives = (target) => !(target instanceof Node) || target === document || target === document.body;
  EventTarget.prototype.addEventListener = function (...args) {
    if (outlives(this)) window.listeners.added += 1;
    return addEventListener.apply(this, args);
  };
  EventTarget.prototype.removeEventListener = function (...args) {
    if (outlives(this)) window.listeners.removed += 1;
    return removeEventListener.apply(this, args);
  };
}

/** How many frames have been asked for since the page was opened. */
window.asked = 0;
{
  const uncounted = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => {
    window.asked += 1;
    return uncounted(callback);
  };
  window.requestAnimationFrame.uncounted = uncounted;
}

/** How many frames are asked for while some pass. */
window.countFrames = async (frames) => {
  const before = asked;
  for (let i = 0; i < frames; i++) await new Promise((done) => requestAnimationFrame.uncounted(() => setTimeout(done)));
  return asked - before;
};

window.makeModel = (state, host = "site") => {
  const handlers = new Map();
  const values = { ...state };
  const fire = (event) => [...(handlers.get(event) || [])].forEach((handler) => handler());
  return {
    host,
    saves: 0,
    handlers,
    get: (name) => values[name],
    set(name, value) {
      if (JSON.stringify(values[name]) === JSON.stringify(value)) return;
      values[name] = value;
      fire(`change:${name}`);
      fire("change");
    },
    values: () => values,
    save_changes() {
      this.saves += 1;
    },
    on(event, handler) {
      handlers.set(event, [...(handlers.get(event) || []), handler]);
    },
    off(event, handler) {
      handlers.set(event, (handlers.get(event) || []).filter((other) => other !== handler));
    },
    send() {},
    count: () => [...handlers.values()].reduce((sum, list) => sum + list.length, 0),
  };
};

/** Show an explorer in a new element called id; window.views[id] has its model and its cleanup. */
window.views = {};
window.show = async (id, module, state, host) => {
  const el = document.createElement("div");
  el.id = id;
  document.querySelector("main").append(el);
  const model = window.makeModel(state, host);
  const { default: widget } = await import(module);
  window.views[id] = { model, el, close: widget.render({ model, el }) };
};
