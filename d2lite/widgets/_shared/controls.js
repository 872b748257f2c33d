// Controls, made from the descriptions Python gives: native inputs, labelled, with a read-out that can be typed in.
import { make } from "./dom.js";
import { nameElement } from "./explorer.js";
import { formatNumber, parseNumber } from "./format.js";
import { coerce } from "./state.js";

const LOG_POSITIONS = 200;
let groups = 0;

/** Controls for the named traits, each in the form its description asks for. */
export function addControls(app, parent, names) {
  const panel = make("div", { class: "d2l-controls" });
  parent.append(panel);
  for (const name of names) addControl(app, panel, name);
  return panel;
}

/** One control. Options: change(value) sets the trait in your own way; segments: false asks for a drop-down list. */
export function addControl(app, parent, name, options = {}) {
  const entry = app.entry(name);
  const change = options.change || ((value) => app.set({ [name]: value }));
  const forms = { real: makeSlider, integer: makeSlider, flag: makeCheckbox, text: makeTextField };
  const short = entry.choices && entry.choices.length <= 5 && entry.names.join("").length <= 32;
  const form = entry.kind === "choice" ? (short && options.segments !== false ? makeSegments : makeSelect) : forms[entry.kind];
  const { element, show } = form(entry, change, app);
  if (entry.help) element.title = entry.help;
  nameElement(app, name, element);
  parent.append(element);
  app.on(name, () => show(app.get(name)));
  show(app.get(name));
  return element;
}

/** The value at a position of a logarithmic slider, to two digits; position 0 is 0 where the range begins there. */
export function valueAtPosition(entry, position) {
  const [low, high] = [entry.min || entry.floor, entry.max];
  if (entry.min === 0 && position === 0) return 0;
  const value = low * (high / low) ** (position / LOG_POSITIONS);
  return Math.min(high, Math.max(low, Number(value.toPrecision(2))));
}

/** The nearest position of a value on a logarithmic slider. */
export function positionOfValue(entry, value) {
  const low = entry.min || entry.floor;
  if (value < low) return 0;
  const position = Math.round((LOG_POSITIONS * Math.log(value / low)) / Math.log(entry.max / low));
  return entry.min === 0 ? Math.max(1, position) : position;
}

function caption(entry) {
  return make("span", { class: "d2l-label", text: entry.label });
}

function makeSlider(entry, change, app) {
  const { min, max, log } = entry;
  const step = entry.step || (entry.kind === "integer" ? 1 : (max - min) / 100);
  const range = make("input", { type: "range", "aria-label": entry.label, min: log ? 0 : min, max: log ? LOG_POSITIONS : max, step: log ? 1 : step });
  const typed = make("input", { type: "text", inputmode: "decimal", class: "d2l-typed", "aria-label": `${entry.label}, typed`, autocomplete: "off" });
  const unit = entry.unit ? make("span", { class: "d2l-unit", text: entry.unit }) : null;
  const element = make("div", { class: "d2l-control d2l-slider" }, make("div", { class: "d2l-row" }, caption(entry), typed, unit), range);
  const show = (value) => {
    range.value = log ? positionOfValue(entry, value) : value;
    const text = formatNumber(value, entry.kind === "integer" ? 9 : 3);
    range.setAttribute("aria-valuetext", entry.unit ? `${text} ${entry.unit}` : text);
    range.style.setProperty("--d2l-part", (range.value - range.min) / (range.max - range.min || 1));
    typed.value = text;
  };
  range.oninput = () => change(log ? valueAtPosition(entry, Number(range.value)) : Number(range.value));
  typed.onchange = () => {
    const { value, note } = coerce(entry, parseNumber(typed.value));
    if (note) app.note(note);
    if (value !== undefined) change(value);
    show(app.get(entry.name));
  };
  typed.onfocus = () => typed.select();
  return { element, show };
}

function makeSegments(entry, change) {
  const group = `d2l-group-${++groups}`;
  const inputs = entry.choices.map(() => make("input", { type: "radio", name: group }));
  const segments = inputs.map((input, i) => {
    input.onchange = () => change(entry.choices[i]);
    return make("label", { class: "d2l-segment" }, input, make("span", { text: entry.names[i] }));
  });
  const bar = make("div", { class: "d2l-segments" }, ...segments);
  const element = make("div", { class: "d2l-control", role: "radiogroup", "aria-label": entry.label }, make("div", { class: "d2l-row" }, caption(entry)), bar);
  return { element, show: (value) => inputs.forEach((input, i) => (input.checked = entry.choices[i] === value)) };
}

function makeSelect(entry, change) {
  const select = make("select", { class: "d2l-select", "aria-label": entry.label });
  select.append(...entry.names.map((text, i) => make("option", { value: i, text })));
  select.onchange = () => change(entry.choices[select.value]);
  const element = make("div", { class: "d2l-control" }, make("div", { class: "d2l-row" }, caption(entry)), select);
  return { element, show: (value) => (select.value = entry.choices.indexOf(value)) };
}

function makeCheckbox(entry, change) {
  const box = make("input", { type: "checkbox" });
  box.onchange = () => change(box.checked);
  const element = make("label", { class: "d2l-control d2l-check" }, box, caption(entry));
  return { element, show: (value) => (box.checked = value) };
}

function makeTextField(entry, change) {
  const field = make("input", { type: "text", class: "d2l-text", maxlength: entry.max_length, "aria-label": entry.label });
  field.oninput = () => change(field.value);
  const element = make("div", { class: "d2l-control" }, make("div", { class: "d2l-row" }, caption(entry)), field);
  return { element, show: (value) => field.value !== value && (field.value = value) };
}
