// Search without a server: the index is a script, loaded when the reader first opens the search.
{
  const dialog = document.getElementById("d2l-search");
  const input = dialog.querySelector("input");
  const list = document.getElementById("d2l-results");
  const found = document.getElementById("d2l-found");
  const LIMIT = 30;
  const CONTEXT = 70; // characters of text on each side of a match
  let entries = null;

  d2l.searchIndex = (rows) => {
    entries = rows.map(([page, address, heading, text]) => ({ page, address, heading, text }));
    for (const entry of entries) {
      entry.fields = [
        { text: entry.heading.toLowerCase(), points: 20 },
        { text: entry.page.toLowerCase(), points: 6 },
        { text: entry.text.toLowerCase(), points: 3 },
      ];
    }
    show();
  };

  function open() {
    if (dialog.open) return;
    if (!entries && !document.getElementById("d2l-index")) {
      const src = `${d2l.root}_static/search-index.js`;
      const script = Object.assign(document.createElement("script"), { id: "d2l-index", src });
      script.onerror = () => {
        script.remove(); // the next opening tries again
        found.textContent = "The search index could not be loaded.";
      };
      found.textContent = "Loading …";
      document.head.append(script);
    }
    dialog.showModal();
    input.select();
  }

  /** Score an entry: every word must appear; in a heading it counts most, at the start of a word it counts more. */
  function score(entry, words) {
    let total = entry.fields[0].text.startsWith(words.join(" ")) ? 30 : 0;
    for (const word of words) {
      const hits = entry.fields.map(({ text, points }) => {
        const at = text.indexOf(word);
        return at < 0 ? 0 : startsWord(text, at) ? points : points / 3;
      });
      if (!hits.some(Boolean)) return 0;
      total += hits[0] + hits[1] + hits[2] + Math.min(3, entry.fields[2].text.split(word).length - 1);
    }
    return total;
  }

  const startsWord = (text, position) => position === 0 || !/[\p{L}\p{N}]/u.test(text[position - 1]);

  function excerpt(entry, words) {
    const line = document.createElement("p");
    const body = entry.fields[2].text;
    const position = Math.max(0, words.map((word) => body.indexOf(word)).find((at) => at >= 0) ?? 0);
    const start = Math.max(0, position - CONTEXT);
    const text = entry.text.slice(start, position + 2 * CONTEXT);
    line.append(start > 0 ? "… " : "", ...marked(text, words), position + 2 * CONTEXT < entry.text.length ? " …" : "");
    return line;
  }

  function marked(text, words) {
    const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    return text.split(new RegExp(`(${pattern})`, "giu")).map((part, index) => {
      return index % 2 ? Object.assign(document.createElement("mark"), { textContent: part }) : part;
    });
  }

  function result(entry, words) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: d2l.root + entry.address });
    const where = entry.heading === entry.page ? entry.page : `${entry.heading} · ${entry.page}`;
    link.append(...marked(where, words));
    link.addEventListener("click", () => dialog.close());
    item.append(link, excerpt(entry, words));
    return item;
  }

  function show() {
    if (!entries) return;
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = entries
      .map((entry) => ({ entry, points: words.length ? score(entry, words) : 0 }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points)
      .slice(0, LIMIT);
    list.replaceChildren(...hits.map(({ entry }) => result(entry, words)));
    const many = hits.length === LIMIT ? `The best ${LIMIT}` : `${hits.length}`;
    found.textContent = words.length ? `${many} ${hits.length === 1 ? "result" : "results"}` : "";
  }

  function moveFocus(event) {
    if (event.isComposing) return; // Enter ends a word of Chinese or Japanese, not the search
    const stops = [input, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const position = stops.indexOf(document.activeElement);
    if (event.key === "Escape") {
      event.preventDefault(); // in a search field the key would only empty it
      dialog.close();
    } else if (event.key === "Enter" && document.activeElement === input) {
      event.preventDefault();
      stops[1]?.click();
    } else if (step && position >= 0) {
      event.preventDefault();
      stops[Math.max(0, Math.min(stops.length - 1, position + step))].focus();
    }
  }

  input.addEventListener("input", show);
  dialog.addEventListener("keydown", moveFocus);
  d2l.closeOutside(dialog);
  document.querySelectorAll(".d2l-open-search").forEach((button) => button.addEventListener("click", open));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}
