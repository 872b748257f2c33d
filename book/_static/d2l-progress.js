// Progress through the book, kept in this browser and sent nowhere: a page is "started" when opened, "read" when its end was
// in view, and a question is answered when its answer was right or has been shown. What is kept may be damaged, of an older
// book or of another page of this address: whatever is not ours counts as nothing.
{
  const page = document.body.dataset.page;
  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const asRecord = (value) => (isRecord(value) ? value : {});
  const own = (record, name) => (Object.hasOwn(record, name) ? record[name] : undefined);

  function load(name) {
    try {
      return asRecord(JSON.parse(d2l.store.get(name)));
    } catch {
      return {};
    }
  }

  /** { page: "started" or "read" } and { page: { key: { done: "", "right" or "shown", given } } }, as they are kept. */
  const loadAll = () => ({ pages: load("progress"), answers: load("answers") });

  /** Keep both, or tell with false that the browser does not. */
  function saveAll({ pages, answers }) {
    const kept = [d2l.store.set("progress", JSON.stringify(pages)), d2l.store.set("answers", JSON.stringify(answers))];
    draw();
    return kept.every(Boolean);
  }

  function mark(state) {
    const pages = load("progress");
    if (pages[page] === "read" || pages[page] === state) return;
    d2l.store.set("progress", JSON.stringify({ ...pages, [page]: state }));
    draw();
  }

  /** What a widget of this page may keep: { get(), set(value) }; get gives a record or null. */
  d2l.memory = (key) => ({
    get() {
      const kept = own(asRecord(own(load("answers"), page)), key);
      return isRecord(kept) ? kept : null;
    },
    set(value) {
      const answers = load("answers");
      d2l.store.set("answers", JSON.stringify({ ...answers, [page]: { ...asRecord(own(answers, page)), [key]: value } }));
      draw();
    },
  });

  /** A page's name from the address of a link in the contents. */
  function pageOf(link) {
    if (link.getAttribute("href") === "#") return page;
    const base = new URL(d2l.root, location.href).href;
    return link.href.startsWith(base) ? decodeURIComponent(link.href.slice(base.length)).replace(/\.html.*$/, "") : null;
  }

  /** The contents' pages in order: { link, name, title, part, state, questions, open }, the last two lists of keys. */
  function list({ pages, answers } = loadAll()) {
    return [...document.querySelectorAll(".bd-docs-nav li > a")].map((link) => {
      const name = pageOf(link);
      const questions = own(d2l.questions ?? {}, name) ?? [];
      const given = asRecord(own(answers, name));
      const open = questions.filter((key) => !["right", "shown"].includes(asRecord(own(given, key)).done));
      const state = ["started", "read"].find((word) => own(pages, name) === word) ?? "";
      const part = link.closest("ul").previousElementSibling?.textContent.trim() ?? "";
      return { link, name, title: link.dataset.title ?? link.textContent.trim(), part, state, questions, open };
    });
  }

  /** How far the reader is: chapters read and questions answered, of how many. */
  function sum(found) {
    const chapters = found.filter(({ name }) => name?.startsWith("chapters/"));
    const count = (numbers) => numbers.reduce((total, number) => total + number, 0);
    const questions = count(found.map((entry) => entry.questions.length));
    return {
      chapters: chapters.length,
      read: chapters.filter(({ state }) => state === "read").length,
      questions,
      answered: questions - count(found.map(({ open }) => open.length)),
    };
  }

  /** Write a small count after a link of the contents, with its words for screen readers; null takes it away. */
  function writeCount({ link, title }, count, words) {
    link.dataset.title = title;
    link.querySelector(".d2l-count")?.remove();
    if (!count) return;
    const add = (parent, text, attributes) => {
      const span = Object.assign(document.createElement("span"), { textContent: text });
      for (const [name, value] of Object.entries(attributes)) span.setAttribute(name, value);
      parent.append(span);
      return span;
    };
    const shown = add(link, "", { class: "d2l-count" });
    add(shown, count, { "aria-hidden": "true" });
    add(shown, `(${words})`, { class: "d2l-offscreen" });
  }

  function draw() {
    const found = list();
    const { chapters, read } = sum(found);
    for (const entry of found) {
      const { link, name, state, questions, open } = entry;
      for (const word of ["started", "read"]) link.classList.toggle(`d2l-${word}`, state === word);
      const answered = questions.length - open.length;
      const isTotal = name === "book/where_you_are";
      if (isTotal && read) writeCount(entry, `${read}/${chapters}`, `${read} of ${chapters} chapters read`);
      else if (!isTotal && answered) writeCount(entry, `${answered}/${questions.length}`, `${answered} of ${questions.length} questions answered`);
      else writeCount(entry, null);
    }
    dispatchEvent(new Event("d2l-progress"));
  }

  d2l.progress = { loadAll, saveAll, list, sum };
  addEventListener("storage", draw); // another window of the book
  addEventListener("pageshow", ({ persisted }) => persisted && draw()); // by Back, as it was left: others have been read since

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
