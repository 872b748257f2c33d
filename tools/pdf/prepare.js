// Prepare a page of the site for paper: what is far from the window comes to life, folds open, what only acts on a screen goes.
async ({ css, base, here, wanted, part }) => {
  const article = document.querySelector(".bd-article");
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  document.documentElement.dataset.theme = "light";
  for (const fold of article.querySelectorAll("details")) if (!fold.closest(".d2l-explorer-frame")) fold.open = true;
  const leave = (selector) => article.querySelectorAll(selector).forEach((e) => e.classList.add("d2l-pdf-left-out"));
  leave(".tag_claims, .tag_hide-input > details, .bd-article > nav");
  if (part === "chapter") leave(".tag_solution");
  if (part === "solutions") {
    const keep = new Set();
    for (const cell of article.querySelectorAll(".tag_solution")) {
      for (let e = cell; e !== article; e = e.parentElement) keep.add(e);
      const about = cell.previousElementSibling;
      if (about) keep.add(about);
      cell.querySelectorAll("summary").forEach((e) => e.classList.add("d2l-pdf-left-out"));
    }
    const title = article.querySelector("h1");
    title.textContent = "Solutions to " + title.textContent.replace("#", "");
    keep.add(title);
    const inKept = (e) => [...keep].some((k) => k !== e && k.contains(e) && !k.matches("section"));
    for (const e of article.querySelectorAll("section *")) {
      if (!keep.has(e) && keep.has(e.parentElement) && !inKept(e)) e.classList.add("d2l-pdf-left-out");
    }
  }
  const shown = (e) => !e.closest(".d2l-pdf-left-out");
  const frames = [...article.querySelectorAll(".d2l-explorer-frame")].filter(shown);
  for (const frame of frames) {
    for (let i = 0; i < 600 && !frame.dataset.live; i++) {
      frame.scrollIntoView();
      await new Promise((done) => setTimeout(done, 20));
    }
    if (frame.dataset.live !== "true") throw new Error(`explorer ${frame.id} did not start`);
    if (frame.classList.contains("d2l-asks")) continue;
    const live = document.createElement("p");
    live.className = "d2l-pdf-live";
    const address = `${base}${here}#${frame.id}`;
    live.innerHTML = `Alive at <a class="d2l-pdf-away" href="${address}">${address.replace("https://", "")}</a>`;
    frame.after(live);
  }
  for (const link of article.querySelectorAll("a[href]")) {
    const url = new URL(link.href);
    if (link.matches(".headerlink")) link.remove();
    else if (link.matches(".d2l-acts")) link.removeAttribute("href");
    else if (url.protocol === "file:" && url.pathname === location.pathname) link.setAttribute("href", url.hash || "#");
    else if (url.protocol === "file:") link.href = new URL(link.getAttribute("href"), base + here).href;
    else link.classList.add("d2l-pdf-away");
  }
  const anchors = document.createElement("div"); // a place has a name in a PDF only if a link of its own page leads to it
  anchors.className = "d2l-pdf-anchors";
  for (const id of wanted) if (document.getElementById(id)) anchors.innerHTML += `<a href="#${id}">.</a>`;
  article.prepend(anchors);
  article.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
  await Promise.all([...article.querySelectorAll("img.only-light")].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;
  const heading = article.querySelector("h1");
  heading.querySelectorAll(".headerlink").forEach((e) => e.remove());
  const sections = [...article.querySelectorAll(":scope > section > section")].filter((s) => shown(s));
  return {
    title: heading.textContent.trim().replace(/\s+/g, " "),
    sections: part === "solutions" ? [] : sections.map((s) => [s.id, (s.querySelector("h2")?.textContent ?? "").trim()]),
    solutions: article.querySelectorAll(".tag_solution").length,
    width: document.documentElement.scrollWidth,
  };
}
