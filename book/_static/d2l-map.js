// The map of chapters: at a chapter under the pointer or the keyboard, all that it needs lights up, and is said.
{
  const map = document.querySelector(".d2l-chapter-map");
  const said = map.querySelector(".d2l-map-said");
  const marks = [...map.querySelectorAll(".d2l-map-mark")];
  const lines = [...map.querySelectorAll(".d2l-map-line")];
  const first = said.textContent;
  const numbers = (text) => text.split(" ").filter(Boolean);
  const title = (mark) => mark.getAttribute("aria-label");

  function show(mark) {
    const lit = new Set(mark ? [mark.dataset.chapter, ...numbers(mark.dataset.needs)] : []);
    map.classList.toggle("d2l-map-on", Boolean(mark));
    for (const each of marks) each.classList.toggle("d2l-map-lit", lit.has(each.dataset.chapter));
    for (const line of lines) line.classList.toggle("d2l-map-lit", numbers(line.dataset.ends).every((end) => lit.has(end)));
    if (!mark) return (said.textContent = first);
    const needs = marks.filter((each) => each !== mark && lit.has(each.dataset.chapter));
    const list = needs.length ? `comes after ${needs.length}: ${needs.map((each) => title(each).split(".")[0]).join(", ")}` : "needs no other chapter";
    said.textContent = `${title(mark)} ${list}.`;
  }

  for (const mark of marks) {
    mark.addEventListener("pointerenter", () => show(mark));
    mark.addEventListener("focus", () => show(mark));
    mark.addEventListener("blur", () => show(null));
    mark.addEventListener("pointerleave", () => show(marks.find((each) => each === document.activeElement) ?? null));
  }
}
