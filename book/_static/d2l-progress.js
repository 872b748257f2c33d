// Progress through the book, kept in this browser: a page is "started" when opened, "read" when its end was in view.
{
  const key = "progress";
  const page = document.body.dataset.page;

  const load = () => {
    try {
      return JSON.parse(d2l.store.get(key)) ?? {};
    } catch {
      return {}; // not ours, or damaged: begin again
    }
  };

  function mark(state) {
    const progress = load();
    if (progress[page] === "read" || progress[page] === state) return;
    d2l.store.set(key, JSON.stringify({ ...progress, [page]: state }));
    draw();
  }

  /** A page's name from the address of a link in the contents. */
  function pageOf(link) {
    const base = new URL(d2l.root, location.href).href;
    return link.href.startsWith(base) ? decodeURIComponent(link.href.slice(base.length)).replace(/\.html.*$/, "") : null;
  }

  function draw() {
    const progress = load();
    for (const link of document.querySelectorAll(".bd-docs-nav a")) {
      const state = progress[link.getAttribute("href") === "#" ? page : pageOf(link)];
      for (const name of ["started", "read"]) link.classList.toggle(`d2l-${name}`, state === name);
    }
  }

  const end = document.querySelector(".prev-next-footer");
  if (end && document.querySelector(".bd-article section")) {
    mark("started");
    new IntersectionObserver((entries, observer) => {
      const fits = document.documentElement.scrollHeight <= innerHeight;
      if (!entries.some((entry) => entry.isIntersecting) || (scrollY === 0 && !fits)) return;
      observer.disconnect();
      mark("read");
    }).observe(end);
  }
  draw();
}
