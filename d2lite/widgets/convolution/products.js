// The window, the kernel and their products, cell by cell; the kernel can be typed in.
import { make, writeText } from "../_core/dom.js";
import { formatCell, formatNumber, parseNumber } from "../_core/format.js";
import { kernelOf } from "./model.js";
import { grayOf } from "./still.js";

const CHANNELS = ["red", "green", "blue"];

/** A part: the window, the kernel (to type in), and what each tap gives, a row for each channel. */
export function products(app, parent, scene) {
  const element = make("div", { class: "d2l-arithmetic d2l-direct" });
  parent.append(element);
  let [shape, cells] = ["", null];
  app.draw(() => {
    const { settings } = scene.result;
    const wanted = `${settings.channels} ${settings.kernel_size}`;
    if (wanted !== shape) [shape, cells] = [wanted, buildProducts(app, element, settings)];
    app.body.classList.toggle("d2l-filling", scene.fill);
    app.body.classList.toggle("d2l-abreast", settings.channels === 1 && settings.kernel_size <= 3);
    app.body.classList.toggle("d2l-colours", settings.channels > 1 && settings.kernel_size <= 3);
    writeText(cells.sum, scene.taps.length ? formatNumber(scene.result.output[scene.index]) : "");
    signCell(cells.sum, scene.taps.length ? scene.result.output[scene.index] : 0);
    scene.kernel.forEach((weight, i) => {
      const tap = scene.taps[i];
      if (document.activeElement !== cells.kernel[i]) cells.kernel[i].value = weightText(weight);
      cells.kernel[i].classList.toggle("d2l-crowded", cells.kernel[i].value.length > 3);
      writeText(cells.window[i], tap ? formatCell(tap.pixel) : "");
      writeText(cells.products[i], tap ? formatCell(tap.product) : "");
      cells.window[i].classList.toggle("d2l-outside", Boolean(tap) && !tap.inside);
      const [background, color] = tap?.inside ? grayOf(tap.pixel) : ["", ""];
      Object.assign(cells.window[i].style, { background, color });
      signCell(cells.products[i], tap ? tap.product : 0);
    });
  });
}

/** Orange above 0, blue below, as in the output. */
function signCell(cell, value) {
  cell.classList.toggle("d2l-above", value > 0.005);
  cell.classList.toggle("d2l-below", value < -0.005);
}

/** The cells of all channels: { window, kernel, products }, each a list in the kernel's order; sum, the cell of the output. */
function buildProducts(app, element, { channels, kernel_size: k }) {
  const cells = { window: [], kernel: [], products: [], sum: null };
  element.style.setProperty("--d2l-side", k);
  const grid = (name, caption, makeCell) => {
    const first = cells[name].length;
    const added = Array.from({ length: k * k }, (_, n) => makeCell(first + n));
    cells[name].push(...added);
    return make("figure", { class: "d2l-figure" }, make("figcaption", { text: caption }), make("div", { class: `d2l-cells d2l-${name}` }, ...added));
  };
  const value = () => make("span", { class: "d2l-cell" });
  cells.sum = make("span", { class: "d2l-cell d2l-total" });
  const rows = Array.from({ length: channels }, (_, c) => {
    const colour = channels > 1 ? `${CHANNELS[c]} ` : "";
    const isLast = c === channels - 1;
    const sum = make("figure", { class: "d2l-figure" }, make("figcaption", { text: "sum" }), cells.sum);
    return make("div", { class: "d2l-product-row" },
      grid("window", `${colour}window`, value), grid("kernel", "× kernel", (tap) => makeWeight(app, tap, k, colour)),
      grid("products", "= products", value), isLast ? sum : null);
  });
  element.replaceChildren(...rows);
  return cells;
}

function weightText(weight) {
  return String(Number(weight.toFixed(3))).replace("-", "−").replace(/^(−?)0(?=\.\d{2})/, "$1"); // .111 fits its cell
}

/** One weight of the kernel: typed, stepped by the up and down arrows, or dragged up and down. */
function makeWeight(app, tap, k, colour) {
  const place = `row ${(Math.floor(tap / k) % k) + 1}, column ${(tap % k) + 1}`;
  const input = make("input", { type: "text", class: "d2l-cell d2l-weight", "aria-label": `Kernel ${colour}${place}` });
  const put = (weight) => {
    const kernel = kernelOf(app.get);
    kernel[tap] = Math.min(99, Math.max(-99, Number(weight.toFixed(3))));
    app.set({ preset: "own", kernel });
    input.value = weightText(kernel[tap]);
  };
  input.onchange = () => {
    const weight = parseNumber(input.value);
    if (Number.isNaN(weight)) app.note(`A weight cannot be “${input.value.slice(0, 20)}”: it is a number from −99 to 99.`);
    else put(weight);
  };
  input.onkeydown = (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    put(kernelOf(app.get)[tap] + way * (event.shiftKey ? 0.1 : 1));
    event.preventDefault();
  };
  input.onfocus = () => input.select();
  addDragging(input, () => kernelOf(app.get)[tap], put);
  return input;
}

/** A number that a drag up or down changes, by a half each few pixels. */
function addDragging(input, current, put) {
  let held = null;
  input.onpointerdown = (event) => (held = { y: event.clientY, value: current() });
  input.onpointermove = (event) => {
    if (!held || !event.buttons || Math.abs(event.clientY - held.y) < 4) return;
    input.setPointerCapture(event.pointerId);
    put(held.value + Math.round((held.y - event.clientY) / 6) / 2);
  };
  input.onpointerup = () => (held = null);
}
