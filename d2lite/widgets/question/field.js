// The field for a number, beside the buttons.
import { make, writeProse } from "../_core/dom.js";
import { plainText } from "../_core/prose.js";

/** Add the field; returns the function that draws it. */
export function addField(ask, change) {
  const { app, content } = ask;
  const label = `Your answer${content.unit && `, in ${plainText(content.unit)}`}`;
  const input = make("input", { type: "text", inputmode: "decimal", class: "d2l-number", maxlength: 60, "aria-label": label });
  for (const [name, value] of [["autocapitalize", "off"], ["spellcheck", "false"]]) input.setAttribute(name, value);
  app.scope.on(input, "input", () => change(input.value));
  const unit = content.unit && writeProse(make("span", { class: "d2l-unit", "aria-hidden": "true" }), content.unit);
  ask.actions.append(make("span", { class: "d2l-field" }, input, unit || null));
  ask.focus = () => input.focus();
  return ({ given, done }, said) => {
    if (input.value !== given) input.value = given;
    input.classList.toggle("d2l-is-right", Boolean(done));
    if (said === "unreadable") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
}
