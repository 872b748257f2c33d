// The options of a choice: native radio buttons, each as wide as the card.
import { make, writeProse } from "../_core/dom.js";

/** Add the options; returns the function that draws their marks. */
export function addOptions(ask, change) {
  const { app, content } = ask;
  const group = `d2l-${app.get("key")}`;
  const rows = content.options.map(({ text }, i) => {
    const input = make("input", { type: "radio", name: group, value: i });
    app.scope.on(input, "change", () => change(i));
    const mark = make("span", { class: "d2l-mark" });
    return { input, mark, label: make("label", { class: "d2l-option" }, input, writeProse(make("span"), text), mark) };
  });
  ask.asked.append(make("div", { class: "d2l-options" }, ...rows.map(({ label }) => label)));
  ask.focus = () => rows[0].input.focus();
  return ({ given, tried, done, makeSign }) => {
    rows.forEach(({ input, mark, label }, i) => {
      const sign = done && content.options[i].right ? "right" : tried.includes(i) ? "wrong" : null;
      input.checked = i === given;
      label.classList.toggle("d2l-is-right", sign === "right");
      mark.replaceChildren(...(sign ? [makeSign(sign)] : []));
    });
  };
}
