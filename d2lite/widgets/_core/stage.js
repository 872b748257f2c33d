// A stage: a canvas that fits its element at the screen's resolution and is drawn with the explorer's frames.
import { writeNames } from "../_draw/scales.js";
import { make } from "./dom.js";

/**
 * Add a canvas to parent. draw(ctx, width, height, theme) paints it in CSS pixels; label describes the picture.
 * ratio is width / height. Returns { element, canvas, at(event) -> [px, py], width(), height() }.
 */
export function addStage(app, parent, { draw, label, ratio = 1, className = "" }) {
  const canvas = make("canvas", { class: "d2l-canvas", role: "img", "aria-label": label });
  const element = make("div", { class: `d2l-stage ${className}`.trim() }, canvas);
  element.style.setProperty("--d2l-ratio", ratio);
  parent.append(element);
  const ctx = canvas.getContext("2d");
  let [width, height] = [0, 0];
  const observer = new ResizeObserver(([entry]) => {
    ({ width, height } = entry.contentRect);
    app.refresh();
  });
  observer.observe(element);
  app.scope.add(() => observer.disconnect());
  app.draw(() => {
    if (width < 1 || height < 1) return;
    fit(canvas, width, height);
    ctx.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    ctx.clearRect(0, 0, width, height);
    draw(ctx, width, height, app.theme);
    writeNames(ctx);
  });
  const at = (event) => { // in the picture's own pixels, also where the page is scaled (slides, CSS zoom)
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / (box.width || 1), ((event.clientY - box.top) * height) / (box.height || 1)];
  };
  return { element, canvas, at, width: () => width, height: () => height };
}

function fit(canvas, width, height) {
  const scale = Math.min(3, window.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
}

/** A tip that follows the pointer over a stage: describe(px, py) gives its text, or null for none. */
export function addTooltip(app, stage, describe) {
  const tip = make("div", { class: "d2l-tip", "aria-hidden": "true", hidden: true });
  stage.element.append(tip);
  const hide = () => (tip.hidden = true);
  app.scope.on(stage.canvas, "pointermove", (event) => {
    const [px, py] = stage.at(event);
    const text = event.pointerType === "touch" || event.buttons ? null : describe(px, py);
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const side = px > stage.width() / 2 ? "translateX(calc(-100% - 14px))" : "translateX(14px)";
    tip.style.transform = `translate(${px}px, ${Math.max(0, py - 30)}px) ${side}`;
  });
  app.scope.on(stage.canvas, "pointerleave", hide);
}
