// The page "Where you are": what is read and answered, what is open next, and the record to take along, bring back or clear.
{
  const place = document.getElementById("d2l-where");
  const LARGEST = 2_000_000; // characters of a record
  const STATES = ["started", "read"];
  const DONE = ["", "right", "shown"];
  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter(Boolean));
    return element;
  };
  const makeButton = (text, press) => {
    const button = make("button", { type: "button", class: "d2l-plain-button", text });
    button.addEventListener("click", press);
    return button;
  };
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

  // ----- What is read and answered -----
  const report = make("div");
  const said = make("p", { role: "status", class: "d2l-record-said" });

  const address = ({ link }, key) => (key ? `${link.href.split("#")[0]}#d2l-${key}` : link.href);
  const wordsOf = ({ state, questions, open }) => {
    const answered = questions.length - open.length;
    return [
      { started: "begun", read: "read" }[state] ?? "not opened",
      questions.length ? `${answered} of ${questions.length}` : "",
    ];
  };

  function drawNext(chapters) {
    const next = chapters.find(({ state }) => state === "started") ?? chapters.find(({ state }) => !state);
    const left = chapters.find(({ state, open }) => state === "read" && open.length);
    const link = (entry, key) => make("a", { href: address(entry, key), text: entry.title });
    const lines = [];
    if (next) lines.push(make("p", {}, make("strong", { text: next.state ? "Go on with " : "Next: " }), link(next), "."));
    else if (chapters.length) lines.push(make("p", { text: "You have read every chapter." }));
    if (left) {
      lines.push(make("p", {}, `Read, with ${count(left.open.length, "question")} still open: `, link(left, left.open[0]), "."));
    }
    return lines;
  }

  function drawPart(part, entries) {
    const rows = entries.map((entry) => {
      const [state, answered] = wordsOf(entry);
      const open = entry.state && entry.open.length ? make("a", { href: address(entry, entry.open[0]), text: "next open question" }) : null;
      if (open) open.setAttribute("aria-label", `next open question of ${entry.title}`);
      const last = make("td", {}, answered, answered && open ? ": " : null, open);
      return make("tr", {}, make("td", {}, make("a", { href: address(entry), text: entry.title })), make("td", { text: state }), last);
    });
    const head = make("tr", {}, ...["Chapter", "Read", "Questions answered"].map((text) => make("th", { scope: "col", text })));
    const table = make("table", { class: "table d2l-where-table" }, make("caption", { text: part }), make("thead", {}, head), make("tbody", {}, ...rows));
    return make("div", { class: "pst-scrollable-table-container" }, table);
  }

  function draw() {
    const found = d2l.progress.list();
    const chapters = found.filter(({ name }) => name?.startsWith("chapters/"));
    const { read, questions, answered } = d2l.progress.sum(found);
    const begun = chapters.filter(({ state }) => state === "started").length;
    const total = `${read} of ${count(chapters.length, "chapter")} read, ${begun} begun; ${answered} of ${count(questions, "question")} answered.`;
    const parts = new Map();
    for (const entry of chapters) parts.set(entry.part, [...(parts.get(entry.part) ?? []), entry]);
    const tables = [...parts].map(([part, entries]) => drawPart(part, entries));
    report.replaceChildren(make("p", { text: total }), ...drawNext(chapters), ...tables);
  }

  // ----- The record as a text -----
  const asText = () => {
    const { pages, answers } = clean(d2l.progress.loadAll());
    return JSON.stringify({ d2lite: 1, pages, answers }, null, 1);
  };

  /** What of a record is ours: known words under names of pages and keys. */
  function clean({ pages, answers }) {
    const entries = (record) => (isRecord(record) ? Object.entries(record) : []).filter(([name]) => /^[\w/.-]{1,200}$/.test(name) && name !== "__proto__");
    const keepAnswers = (record) => Object.fromEntries(entries(record).filter(([, kept]) => isRecord(kept) && DONE.includes(kept.done)));
    return {
      pages: Object.fromEntries(entries(pages).filter(([, state]) => STATES.includes(state))),
      answers: Object.fromEntries(entries(answers).map(([name, record]) => [name, keepAnswers(record)])),
    };
  }

  /** Two records as one: read is more than started, answered more than tried. */
  function merge(old, more) {
    const pages = { ...old.pages };
    for (const [name, state] of Object.entries(more.pages)) if (pages[name] !== "read") pages[name] = state;
    const answers = { ...old.answers };
    for (const [name, record] of Object.entries(more.answers)) {
      const known = answers[name] ?? {};
      const better = Object.entries(record).filter(([key, { done }]) => !known[key]?.done || done === "right");
      answers[name] = { ...known, ...Object.fromEntries(better) };
    }
    return { pages, answers };
  }

  function take(text) {
    let record = null;
    try {
      record = text.length <= LARGEST ? JSON.parse(text) : null;
    } catch {
      // said below
    }
    if (!isRecord(record) || record.d2lite !== 1) {
      said.textContent = "This is not a record of this book: expected the text that Download or Copy gives. Nothing has changed.";
      return;
    }
    const more = clean(record);
    if (!d2l.progress.saveAll(merge(clean(d2l.progress.loadAll()), more))) {
      said.textContent = "This browser does not keep all of it: it has no room left for this site, or does not allow it.";
      return;
    }
    const answers = Object.values(more.answers).flatMap(Object.values).filter(({ done }) => done).length;
    said.textContent = `Brought back: ${count(Object.keys(more.pages).length, "page")} and ${count(answers, "answer")}. What was here has been kept.`;
  }

  // ----- Take along, bring back, clear -----
  function download() {
    const url = URL.createObjectURL(new Blob([asText()], { type: "application/json" }));
    make("a", { href: url, download: "d2lite-progress.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    said.textContent = "Saved as d2lite-progress.json.";
  }

  async function copyRecord() {
    said.textContent = (await d2l.copy(asText())) ? "Copied." : "The browser does not allow it: use Download.";
  }

  const file = make("input", { type: "file", accept: ".json,application/json", class: "d2l-offscreen", tabindex: "-1", "aria-hidden": "true" });
  file.addEventListener("change", async () => {
    if (file.files[0]) take(await file.files[0].text());
    file.value = "";
  });
  const pasted = make("textarea", { rows: "3", class: "d2l-pasted", spellcheck: "false" });

  const clearing = make("div", { class: "d2l-record-row", hidden: "" });
  const clearButton = makeButton("Clear", () => {
    clearing.hidden = false;
    clearing.lastChild.focus();
  });
  const endClearing = (text) => {
    clearing.hidden = true;
    said.textContent = text;
    clearButton.focus();
  };
  clearing.append(
    make("span", { text: "Clear all marks and answers of this book in this browser?" }),
    makeButton("Clear all", () => {
      d2l.progress.saveAll({ pages: {}, answers: {} });
      endClearing("Cleared.");
    }),
    makeButton("Keep them", () => endClearing("Nothing has changed.")),
  );

  const row = (...children) => make("div", { class: "d2l-record-row" }, ...children);
  const buttons = row(makeButton("Download", download), makeButton("Copy", copyRecord), makeButton("Bring back from a file", () => file.click()), clearButton, file);
  const paste = make("details", {}, make("summary", { text: "Bring back from a copied text" }));
  paste.append(make("label", { class: "d2l-pasted-label" }, "The copied text", pasted), row(makeButton("Bring back", () => take(pasted.value))));
  place.replaceChildren(report, make("h2", { text: "Your record" }), buttons, clearing, said, paste);

  d2l.store.set("probe", "1");
  if (d2l.store.get("probe") !== "1") {
    place.prepend(make("p", { text: "This browser does not let the book keep anything, so nothing is marked here." }));
  }
  addEventListener("d2l-progress", draw);
  draw();
}
