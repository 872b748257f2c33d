// A question: for now what is asked, as text.
import { make } from "../_core/dom.js";
import { openExplorer } from "../_core/frame.js";

export function render({ model, el }) {
  const app = openExplorer({ model, el, title: "Question" });
  const { prompt, options, items } = app.get("content");
  const rows = (options ?? items ?? []).map(({ text }) => make("li", { text }));
  app.body.append(make("p", { text: prompt }), make("ul", {}, ...rows));
  return app.close;
}
