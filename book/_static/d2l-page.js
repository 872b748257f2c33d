// The page around the text: colour mode, side bars, menus, copy buttons, the contents' current entry.
window.d2l = { root: document.documentElement.dataset.content_root ?? "./" };

/** localStorage, where the browser allows it. */
d2l.store = {
  get(key) {
    try {
      return localStorage.getItem(`d2l-${key}`);
    } catch {
      return null;
    }
  },
  /** Keep a value; false where it is not allowed, or full: the choice then holds for this page only. */
  set(key, value) {
    try {
      localStorage.setItem(`d2l-${key}`, value);
      return true;
    } catch {
      return false;
    }
  },
};

{
  const root = document.documentElement;
  const $$ = (selector, parent = document) => [...parent.querySelectorAll(selector)];

  // ----- Folds: opened by a link to what is in them (find-in-page opens them itself), and for print -----
  /** Open the folds around an element of the text, and its own if it is a folded section. */
  d2l.reveal = (element) => {
    const own = element?.querySelector(":scope > details.deeper-fold");
    for (let fold = own ?? element?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  };

  /** The element that a fragment names, or null; one that is no text of UTF-8 names none. */
  function named(hash) {
    try {
      return document.getElementById(decodeURIComponent(hash.slice(1)));
    } catch {
      return null;
    }
  }

  /** Open what the address leads to and go there: a closed fold has no place yet. */
  function followFragment() {
    const target = named(location.hash);
    if (!target?.closest(".bd-article")) return;
    const closed = $$("details:not([open])");
    d2l.reveal(target);
    if (closed.some((fold) => fold.open)) target.scrollIntoView();
  }

  addEventListener("hashchange", followFragment);
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href^='#']"); // pressed again, the same address is no change of it
    if (link && link.hash === location.hash) followFragment();
  });
  followFragment();

  let openedForPrint = [];
  addEventListener("beforeprint", () => {
    openedForPrint = $$(".bd-article details:not([open])").filter((fold) => !fold.closest(".d2l-explorer-frame"));
    openedForPrint.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => openedForPrint.splice(0).forEach((fold) => (fold.open = false)));

  // ----- Colour mode: as the system, light, dark -----
  const system = matchMedia("(prefers-color-scheme: dark)");
  const names = { auto: "as the system", light: "light", dark: "dark" };

  function setMode(mode) {
    root.dataset.mode = mode;
    root.dataset.theme = mode !== "auto" ? mode : system.matches ? "dark" : "light";
    for (const button of $$(".d2l-mode")) {
      button.setAttribute("aria-label", `Colour mode: ${names[mode]}`);
      button.title = `Colour mode: ${names[mode]}`;
    }
  }

  setMode(root.dataset.mode);
  system.addEventListener("change", () => setMode(root.dataset.mode));
  addEventListener("pageshow", ({ persisted }) => { // by Back, as it was left: another may have been chosen since
    const kept = d2l.store.get("mode");
    if (persisted && kept in names) setMode(kept);
  });
  // Paper is light; what draws in the theme's colours hears of it as of any change.
  addEventListener("beforeprint", () => (root.dataset.theme = "light"));
  addEventListener("afterprint", () => setMode(root.dataset.mode));
  for (const button of $$(".d2l-mode")) {
    button.addEventListener("click", () => {
      // From "auto" the first step is always one that can be seen.
      const order = system.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
      const mode = order[(order.indexOf(root.dataset.mode) + 1) % order.length];
      d2l.store.set("mode", mode);
      setMode(mode);
    });
  }

  // ----- Side bars: folded on a wide screen, dialogs on a narrow one -----
  const closeOutside = (dialog) =>
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  function setUpSidebar(side, isDialog) {
    const button = document.querySelector(`.${side}-toggle`);
    const bar = document.getElementById(`pst-${side}-sidebar`);
    const dialog = document.getElementById(`pst-${side}-sidebar-modal`);
    if (!button || !bar || !dialog) return;
    const move = (from, to) => {
      to.append(...from.childNodes);
      to.className = from.className;
      from.className = "";
    };
    dialog.setAttribute("aria-label", button.title);
    dialog.addEventListener("close", () => move(dialog, bar));
    dialog.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
    closeOutside(dialog);
    button.addEventListener("click", () => {
      if (!isDialog.matches) {
        const hidden = bar.classList.toggle("pst-sidebar-hidden");
        button.setAttribute("aria-expanded", String(!hidden));
        return;
      }
      move(bar, dialog);
      dialog.showModal();
      showCurrent(dialog);
    });
    showCurrent(bar);
  }

  /** Scroll a side bar, and nothing else, to the entry that the reader is at. */
  function showCurrent(bar, link = bar.querySelector(".current > a, a.active")) {
    if (!link?.checkVisibility()) return;
    const [place, frame] = [link.getBoundingClientRect(), bar.getBoundingClientRect()];
    if (place.top < frame.top || place.bottom > Math.min(frame.bottom, innerHeight)) {
      bar.scrollTop += place.top - frame.top - frame.height / 3;
    }
  }

  setUpSidebar("primary", matchMedia("(max-width: 991.98px)"));
  setUpSidebar("secondary", matchMedia("(max-width: 1199.98px)"));

  // ----- Search: its script is loaded when it is first opened -----
  const scripts = new Map(); // file -> promise that it is loaded

  /** Load a script of the site, once; after a failure the next call tries again. */
  d2l.load = (file) => {
    if (!scripts.has(file)) {
      scripts.set(file, new Promise((resolve, reject) => {
        const tag = Object.assign(document.createElement("script"), { src: d2l.root + file, onload: resolve });
        tag.onerror = () => {
          tag.remove();
          scripts.delete(file);
          reject(new Error(`could not load ${file}`));
        };
        document.head.append(tag);
      }));
    }
    return scripts.get(file);
  };

  const search = document.getElementById("d2l-search");
  if (search) closeOutside(search);
  search?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault(); // in a search field the key would only empty it
    search.close();
  });

  async function openSearch() {
    if (search.open) return;
    const input = search.querySelector("input");
    search.showModal();
    input.select();
    try {
      await d2l.load("_static/search/search.js");
      input.dispatchEvent(new Event("input")); // what has been typed by now is a question
    } catch {
      document.getElementById("d2l-found").textContent = "The search index could not be loaded.";
    }
  }

  $$(".d2l-open-search").forEach((button) => button.addEventListener("click", openSearch));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openSearch();
  });

  // ----- Menus: native <details>, closed by Escape, by a choice and by a click elsewhere -----
  document.addEventListener("click", (event) => {
    for (const menu of $$(".d2l-menu[open]")) {
      if (!event.target.closest("summary") || !menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".d2l-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  $$("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
  $$("[data-hub]").forEach((button) => button.addEventListener("click", () => openHub(button.dataset.hub)));

  /** Open the notebook on the reader's own JupyterHub, whose address this browser remembers. */
  function openHub(path) {
    const answer = prompt("Address of your JupyterHub:", d2l.store.get("hub") ?? "https://");
    if (!answer || !/^https?:\/\/[^/]/.test(answer)) return;
    d2l.store.set("hub", answer);
    open(answer.replace(/\/+$/, "") + path, "_blank", "noopener");
  }

  // ----- Copy buttons -----
  function addCopyButton(block) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copybtn";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      button.textContent = (await copy(block.querySelector("pre").textContent)) ? "Copied" : "Not allowed";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    block.append(button);
  }

  /** Copy a text; return whether the browser allowed it. */
  const copy = (d2l.copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const pressed = document.activeElement;
      const area = Object.assign(document.createElement("textarea"), { value: text }); // file://, or in a frame
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      pressed?.focus({ preventScroll: true });
      return done;
    }
  });

  $$("div.highlight")
    .filter((block) => !block.closest(".cell_output"))
    .forEach(addCopyButton);

  /**
   * The set of those elements that are within a margin of the window, kept up to date, with a call of changed each time.
   * Unlike measuring, this lays out nothing: far sections wait until they come near (d2lite.css).
   */
  function watch(elements, rootMargin, changed) {
    const near = new Set();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) near[isIntersecting ? "add" : "delete"](target);
        changed();
      },
      { rootMargin },
    );
    elements.forEach((element) => observer.observe(element));
    return near;
  }

  // ----- What scrolls sideways can be reached by the keyboard -----
  const wide = "pre, div.math, figure.align-default, .cell_output > .output, .pst-scrollable-table-container";
  const near = watch($$(wide), "100% 0px", markScrollable);

  function markScrollable() {
    for (const element of near) {
      if (element.scrollWidth > element.clientWidth + 1) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  }

  window.addEventListener("resize", markScrollable);
  document.fonts.addEventListener("loadingdone", markScrollable);

  // ----- On this page: the section being read, the last that begins above the window's upper third -----
  const links = $$(".bd-sidebar-secondary nav a[href^='#']").filter((link) => link.hash.length > 1);
  const sections = links.map((link) => named(link.hash));
  const begun = watch(sections.filter(Boolean), "1000000px 0px -70% 0px", markCurrent);

  function markCurrent() {
    const current = Math.max(0, sections.findLastIndex((section) => begun.has(section)));
    links.forEach((link, index) => {
      link.classList.toggle("active", index === current);
      if (index === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    for (const item of $$(".bd-sidebar-secondary li")) {
      item.classList.toggle("active", item.contains(links[current]));
    }
    if (links[current]) showCurrent(links[current].closest("[id]"), links[current]);
  }

  // ----- The bar parts from the text once the reader has scrolled -----
  const markScrolled = () => document.body.classList.toggle("scrolled", scrollY > 4);
  window.addEventListener("scroll", markScrolled, { passive: true });
  requestAnimationFrame(markScrolled); // a page may open where it was left
}
