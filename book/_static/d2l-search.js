// Search without a server. This script comes when the search is first opened (d2l-page.js), the index when the reader
// begins to type: a script for each part of the book. The build adds their names as d2l.searchParts.
{
  const dialog = document.getElementById("d2l-search");
  const input = dialog.querySelector("input");
  const list = document.getElementById("d2l-results");
  const found = document.getElementById("d2l-found");
  const LIMIT = 30;
  const CONTEXT = 70; // characters of text on each side of a match
  const CUT = "\u00ad"; // stands for a letter that is left out
  const entries = [];
  let state = ""; // of the index: "", "loading", "loaded", "failed"

  // ----- One spelling for all: British or American, with or without hyphens; text and question alike -----

  /** The text in that spelling, as long as it was: letters left out are CUT. A word begun has the beginning of the word. */
  const spell = (text) =>
    [...text]
      .map((letter) => (letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter))
      .join("")
      .replace(/(?<=\p{L})[-\u2010\u2011](?=\p{L})/gu, CUT) // over-fitting
      .replace(/(?<=[a-z][iy])s/g, "z") // regularise, analyse
      .replace(/(?<=[a-z]{2}o)u(?=r)/g, CUT) // behaviour
      .replace(/l(?=l[ei])/g, CUT) // labelled
      .replace(/cent(re|er)/g, (word) => (word.endsWith("re") ? `centr${CUT}` : `cent${CUT}r`))
      .replaceAll("grey", "gray")
      .replaceAll("artef", "artif");
  const fold = (text) => spell(text).replaceAll(CUT, "");

  /** Where a folded text stands in the text itself: [start, end] of each match of a pattern. */
  function places(text, pattern) {
    const kept = [...spell(text).matchAll(/[^\u00ad]/g)].map(({ index }) => index);
    const matches = [...fold(text).matchAll(pattern)].filter(([match]) => match);
    return matches.map(({ 0: match, index }) => [kept[index], kept[index + match.length - 1] + 1]);
  }

  // ----- The index -----

  d2l.addToSearch = (part, pages) => {
    for (const [page, address, rows] of pages) {
      const weight = /^(chapters\/|book\/glossary)/.test(address) ? 1 : 0.4; // lessons before the package's reference
      for (const [heading, anchor, text] of rows) {
        const fields = [heading, anchor ? page : `${page} ${part}`, text].map(fold);
        entries.push({ page, heading, text, weight, fields, address: address + (anchor && `#${anchor}`) });
      }
    }
    show();
  };

  async function load() {
    if (state.startsWith("load")) return;
    state = "loading";
    const done = await Promise.allSettled(d2l.searchParts.map((file) => d2l.load(`_static/search/${file}`)));
    state = done.every(({ status }) => status === "fulfilled") ? "loaded" : "failed"; // the next question tries again
    show();
  }

  // ----- Finding -----

  const WEIGHTS = [20, 6, 3]; // of a match in the heading, in the page's title, in the text
  const startsWord = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);

  /** Score an entry: of every word one spelling must appear; in a heading it counts most, at the start of a word more. */
  function score({ fields, weight }, words) {
    const isHeading = words.every((spellings) => spellings.some((word) => fields[0].includes(word)));
    let total = isHeading ? Math.max(10, 30 - fields[0].length / 4) : 0;
    if (fields[0] === words.map(([word]) => word).join(" ")) total += 20;
    for (const spellings of words) {
      const hits = fields.map((text, field) =>
        Math.max(...spellings.map((word) => {
          const at = text.indexOf(word);
          return at < 0 ? 0 : startsWord(text, at) ? WEIGHTS[field] : WEIGHTS[field] / 3;
        })));
      if (!hits.some(Boolean)) return 0;
      total += hits[0] + hits[1] + hits[2] + Math.min(3, fields[2].split(spellings[0]).length - 1);
    }
    return total * weight;
  }

  /** Whether two words differ by one letter: another, one more, one less, or two that changed places. */
  function isSlip(a, b) {
    if (Math.abs(a.length - b.length) > 1 || a === b) return false;
    let start = 0;
    while (start < a.length && a[start] === b[start]) start++;
    let end = 0;
    while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
    const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
    return Math.max(x.length, y.length) <= 1 || (x.length === 2 && x === y[1] + y[0]);
  }

  /** The spellings to look for: the word itself, or, when the whole book has it nowhere, the book's words that are near. */
  function spellings(word) {
    if (word.length < 5 || state !== "loaded" || entries.some(({ fields }) => fields.some((text) => text.includes(word)))) {
      return [word];
    }
    const vocabulary = new Set(entries.flatMap(({ fields }) => fields.flatMap((text) => text.match(/\p{L}+/gu) ?? [])));
    const near = [...vocabulary].filter((other) => isSlip(word, other));
    return near.length ? near : [word];
  }

  const entriesWith = (words) =>
    entries.map((entry) => ({ entry, words, points: score(entry, words) })).filter(({ points }) => points > 0);

  /** The entries that hold a question's words, best first. What a hyphen joins is looked for joined; if nowhere, apart. */
  function search(question) {
    const typed = question.normalize("NFC");
    const [joined, apart] = [typed, typed.replace(/[-\u2010\u2011]/g, " ")].map((text) =>
      fold(text).split(/\s+/).filter(Boolean).map(spellings));
    if (!joined.length) return [];
    const hits = entriesWith(joined);
    return (hits.length ? hits : entriesWith(apart)).sort((a, b) => b.points - a.points).slice(0, LIMIT);
  }

  // ----- Showing -----

  const patternOf = (words) => new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gu");

  function marked(text, pattern) {
    const parts = [];
    let from = 0;
    for (const [start, end] of places(text, pattern)) {
      parts.push(text.slice(from, start), Object.assign(document.createElement("mark"), { textContent: text.slice(start, end) }));
      from = end;
    }
    return [...parts, text.slice(from)];
  }

  function excerpt(text, pattern) {
    const at = places(text, pattern)[0]?.[0] ?? 0;
    const [start, end] = [Math.max(0, at - CONTEXT), at + 2 * CONTEXT];
    const line = document.createElement("p");
    line.append(start > 0 ? "… " : "", ...marked(text.slice(start, end), pattern), end < text.length ? " …" : "");
    return line;
  }

  function result({ page, heading, text, address }, pattern) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: d2l.root + address });
    link.append(...marked(heading === page ? page : `${heading} · ${page}`, pattern));
    link.addEventListener("click", () => dialog.close());
    item.append(link, excerpt(text, pattern));
    return item;
  }

  function show() {
    const hits = search(input.value);
    list.replaceChildren(...hits.map(({ entry, words }) => result(entry, patternOf(words.flat()))));
    const many = hits.length === LIMIT ? `The best ${LIMIT}` : `${hits.length}`;
    const count = `${many} ${hits.length === 1 ? "result" : "results"}`;
    const note = { loading: "Loading …", failed: "The search index could not be loaded." }[state] ?? "";
    found.textContent = [input.value.trim() && (hits.length || !note) ? count : "", note].filter(Boolean).join(". ");
  }

  function ask() {
    if (input.value.trim()) load();
    show();
  }

  function moveFocus(event) {
    if (event.isComposing) return; // Enter ends a word of Chinese or Japanese, not the search
    const stops = [input, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const position = stops.indexOf(document.activeElement);
    if (event.key === "Enter" && document.activeElement === input) {
      event.preventDefault();
      stops[1]?.click();
    } else if (step && position >= 0) {
      event.preventDefault();
      stops[Math.max(0, Math.min(stops.length - 1, position + step))].focus();
    }
  }

  input.addEventListener("input", ask);
  dialog.addEventListener("keydown", moveFocus);
}
