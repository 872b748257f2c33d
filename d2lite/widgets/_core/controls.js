// Controls, made from the descriptions Python gives: native inputs, labelled, with a read-out that can be typed in.
import { make } from "./dom.js";
import { nameElement } from "./frame.js";
import { beginsWithSymbol, formatNumber, parseNumber } from "./format.js";
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

/**
 * One control. Options: resets, values of other traits that a change sets as well; change(value, app) sets the trait in your
 * own way; segments: false asks for a drop-down list, slider: true for one along the choices. A control of a part of a trait describes itself: entry (as a
 * trait's description), value(get), follows (the traits it depends on).
 */
export function addControl(app, parent, name, options = {}) {
  const entry = options.entry || app.entry(name);
  const change = options.change ? (value) => options.change(value, app) : (value) => app.set({ [name]: value, ...options.resets });
  const current = () => (options.value ? options.value(app.get) : app.get(name));
  const forms = { real: makeSlider, integer: makeSlider, flag: makeCheckbox, text: makeTextField };
  const short = entry.choices && entry.choices.length <= 5 && entry.names.join("").length <= 32;
  let form = entry.stepper ? makeStepper : forms[entry.kind];
  if (entry.kind === "choice") form = options.slider ? makeNotches : short && options.segments !== false ? makeSegments : makeSelect;
  const { element, show } = form(entry, change, app, current);
  if (entry.help) addHelp(app, element, entry);
  nameElement(app, name, element);
  parent.append(element);
  app.on(options.follows || name, () => show(current()));
  show(current());
  return element;
}

/**
 * The value at a position of a logarithmic slider, in as few digits as tell it from its neighbours (an arrow key
 * must never stick); position 0 is 0 where the range begins there.
 */
export function valueAtPosition(entry, position) {
  const [low, high] = [entry.min || entry.floor, entry.max];
  if (entry.min === 0 && position === 0) return 0;
  const exact = low * (high / low) ** (position / LOG_POSITIONS);
  const rounded = (digits) => Math.min(high, Math.max(low, Number(exact.toPrecision(digits))));
  return rounded([2, 3, 4].find((digits) => positionOfValue(entry, rounded(digits)) === position) || 6);
}

/** The nearest position of a value on a logarithmic slider. */
export function positionOfValue(entry, value) {
  const low = entry.min || entry.floor;
  if (value < low) return 0;
  const position = Math.round((LOG_POSITIONS * Math.log(value / low)) / Math.log(entry.max / low));
  return entry.min === 0 ? Math.max(1, position) : position;
}

/** An "i" beside a control's name, which says its help under the control when it is pressed. */
function addHelp(app, element, { label, help }) {
  const text = make("p", { class: "d2l-help", text: help, hidden: true });
  const ask = make("button", { type: "button", class: "d2l-ask", text: "i", "aria-label": `What is this: ${label}`, "aria-expanded": false });
  ask.onclick = () => {
    text.hidden = !text.hidden;
    ask.setAttribute("aria-expanded", !text.hidden);
    if (!text.hidden) app.announce(help);
  };
  (element.querySelector(".d2l-choose") || element.querySelector(".d2l-label")).after(ask); // not inside the label of a checkbox
  element.append(text);
}

/** The name beside a control; it begins with a capital where that is the same name. */
export function makeLabel(text) {
  return make("span", { class: beginsWithSymbol(text) ? "d2l-label d2l-symbol" : "d2l-label", text });
}

function labelled(entry, row, ...inputs) {
  return make("div", { class: "d2l-control" }, make("div", { class: "d2l-row" }, makeLabel(entry.label), ...row), ...inputs);
}

/** The digits in which a control shows a value: three, and more where these do not tell the slider's steps apart. */
function digitsOf({ kind, step }, value) {
  if (kind === "integer") return 9;
  return [3, 4, 5].find((digits) => !(Math.abs(Number(value.toPrecision(digits)) - value) > step / 4)) || 3;
}

/** A number as text that can be typed over; what does not fit is said, and moved into the range. */
function makeTyped(entry, change, app, current) {
  const keys = entry.min < 0 || entry.log ? {} : { inputmode: "decimal" }; // a phone's number keys have no minus and no e
  const typed = make("input", { type: "text", ...keys, class: "d2l-typed", "aria-label": `${entry.label}, typed` });
  let isBegun = false; // a number half typed stays, whatever plays or comes from Python
  const show = (value) => {
    const text = formatNumber(value, digitsOf(entry, value));
    if (!isBegun) typed.value = text;
    return text;
  };
  typed.oninput = () => (isBegun = true);
  typed.onblur = () => {
    isBegun = false;
    show(current());
  };
  typed.onchange = () => {
    isBegun = false;
    const { value, note } = coerce(entry, typed.value);
    if (note) app.note(note);
    if (value !== undefined) change(value);
    show(current());
  };
  typed.onfocus = () => typed.select();
  return { typed, show };
}

function makeSlider(entry, change, app, current) {
  const { min, max, log } = entry;
  const step = entry.step || (entry.kind === "integer" ? 1 : (max - min) / 100);
  const ends = log ? { min: 0, max: LOG_POSITIONS, step: 1 } : { min, max, step };
  const range = make("input", { type: "range", "aria-label": entry.label, ...ends });
  const { typed, show: showTyped } = makeTyped(entry, change, app, current);
  const unit = entry.unit ? make("span", { class: "d2l-unit", text: entry.unit }) : null;
  const show = (value) => {
    range.value = log ? positionOfValue(entry, value) : value;
    const text = showTyped(value);
    range.setAttribute("aria-valuetext", entry.unit ? `${text} ${entry.unit}` : text);
    range.style.setProperty("--d2l-part", (range.value - ends.min) / (ends.max - ends.min || 1));
  };
  range.oninput = () => change(log ? valueAtPosition(entry, Number(range.value)) : Number(range.value));
  return { element: labelled(entry, [typed, unit], range), show };
}

function makeStepper(entry, change, app, current) {
  const { typed, show } = makeTyped(entry, change, app, current);
  const move = (by) => change(Math.min(entry.max, Math.max(entry.min, current() + by)));
  const [less, more] = [["−", -1], ["+", 1]].map(([text, sign]) => {
    const button = make("button", { type: "button", class: "d2l-button", text, "aria-label": `${entry.label} ${text}` });
    button.onclick = () => move(sign * (entry.step || 1));
    return button;
  });
  return { element: labelled(entry, [], make("div", { class: "d2l-stepper" }, less, typed, more)), show };
}

function makeSegments(entry, change) {
  const group = `d2l-group-${++groups}`;
  const inputs = entry.choices.map(() => make("input", { type: "radio", name: group }));
  const segments = inputs.map((input, i) => {
    input.onchange = () => change(entry.choices[i]);
    return make("label", { class: "d2l-segment" }, input, make("span", { text: entry.names[i] }));
  });
  const bar = make("div", { class: "d2l-segments" }, ...segments);
  const element = labelled(entry, [], bar);
  element.classList.toggle("d2l-wide", entry.names.join("").length > 12);
  element.setAttribute("role", "radiogroup");
  element.setAttribute("aria-label", entry.label);
  return { element, show: (value) => inputs.forEach((input, i) => (input.checked = entry.choices[i] === value)) };
}

function makeSelect(entry, change) {
  const select = make("select", { class: "d2l-select", "aria-label": entry.label });
  const unit = entry.unit || "";
  select.append(...entry.names.map((text, i) => make("option", { value: i, text: text + unit })));
  select.onchange = () => change(entry.choices[select.value]);
  const element = labelled(entry, [], select);
  element.classList.toggle("d2l-long", Math.max(...entry.names.map((text) => text.length)) > 18);
  return { element, show: (value) => (select.value = entry.choices.indexOf(value)) };
}

/** The choices in their order along a slider. */
function makeNotches(entry, change) {
  const last = entry.choices.length - 1;
  const range = make("input", { type: "range", "aria-label": entry.label, min: 0, max: last, step: 1 });
  const readout = make("output", { class: "d2l-notch" });
  range.oninput = () => change(entry.choices[range.value]);
  const show = (value) => {
    range.value = entry.choices.indexOf(value);
    readout.textContent = entry.names[range.value] + (entry.unit || "");
    range.setAttribute("aria-valuetext", readout.textContent);
    range.style.setProperty("--d2l-part", range.value / last);
  };
  return { element: labelled(entry, [readout], range), show };
}

function makeCheckbox(entry, change) {
  const box = make("input", { type: "checkbox" });
  box.onchange = () => change(box.checked);
  const element = make("div", { class: "d2l-control d2l-check" }, make("label", { class: "d2l-choose" }, box, makeLabel(entry.label)));
  return { element, show: (value) => (box.checked = value) };
}

function makeTextField(entry, change) {
  const field = make("input", { type: "text", class: "d2l-text", maxlength: entry.max_length, "aria-label": entry.label });
  field.oninput = () => change(field.value);
  return { element: labelled(entry, [], field), show: (value) => field.value !== value && (field.value = value) };
}
