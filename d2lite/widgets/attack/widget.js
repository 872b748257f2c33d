// The attack explorer: photo, change and what the network gets; its answer, and its answers over all budgets.
import { defineExplorer } from "../_core/define.js";
import { button, facts, group, hint, paragraph, player, stage } from "../_core/parts.js";
import { chooser } from "../_draw/chooser.js";
import { addPainting } from "../_draw/painting.js";
import { above, beside } from "../_draw/panes.js";
import { argmax } from "../_math/nn.js";
import { budgetScale, drawBars, drawChange, drawCurves, drawPhoto, drawSeen, percent } from "./drawing.js";
import { SIDE, continueCurve, fooledAt, makeCurve, openData, runNetwork, startAttack, stepAttack } from "./model.js";

const BLANK = new Uint8Array(SIDE * SIDE);
const BUDGET = 9; // ms a frame may spend on steps and curves

/** Bring a scene up to date with the traits; the attack at the chosen budget first, then the curve over all of them. */
function updateScene(scene, get, { deadline }) {
  if (scene.data !== get("data")) Object.assign(scene, { data: get("data"), ...openData(get("data")), key: "" });
  const network = scene.networks[get("network")];
  const drawn = get("pixels");
  const index = Math.min(get("image"), scene.images.length - 1);
  const key = [index, drawn, get("network")].join(";");
  if (key !== scene.key) {
    const image = index < 0 ? BLANK : scene.images[index];
    const pixels = drawn.length ? Array.from(BLANK, (_, k) => drawn[k] || 0) : image;
    const { probabilities } = runNetwork(network, pixels);
    const named = index >= 0 && !drawn.length;
    Object.assign(scene, { key, index, drawn: drawn.length > 0, named, network, pixels, before: probabilities, attackKey: "", curveKey: "" });
    scene.label = named ? scene.labels[index] : argmax(probabilities);
  }
  Object.assign(scene, { epsilon: get("epsilon"), method: get("method"), goal: get("goal"), defended: get("network") === "defended" });
  const choice = { label: scene.label, goal: scene.goal, method: scene.method, steps: get("step_count"), seed: get("seed") };
  return updateAttack(scene, choice, deadline) || (updateCurve(scene, choice, deadline) && "extra");
}

function updateAttack(scene, choice, deadline) {
  const key = `${Object.values(choice)};${scene.epsilon}`;
  if (key !== scene.attackKey) Object.assign(scene, { attackKey: key, attack: startAttack(scene.network, scene.pixels, { ...choice, epsilon: scene.epsilon }), seenAt: -1 });
  const { attack } = scene;
  let more = attack.done < attack.count;
  while (more) {
    more = stepAttack(attack);
    if (more && deadline()) break;
  }
  if (scene.seenAt !== attack.done) Object.assign(scene, { seenAt: attack.done, after: runNetwork(scene.network, attack.pixels).probabilities });
  return more;
}

function updateCurve(scene, choice, deadline) {
  const key = Object.values(choice).join(";");
  if (key !== scene.curveKey) Object.assign(scene, { curveKey: key, curve: makeCurve(scene.network, scene.pixels, choice, 48) });
  return continueCurve(scene.curve, deadline);
}

function describePicture({ index, classes, label, drawn, named }) {
  if (named) return `Image ${index}: ${classes[label]}.`;
  return drawn ? `Your drawing, ${classes[label]} to the network.` : `Empty picture, ${classes[label]} to the network.`;
}

function describeChange({ epsilon, method, attack, goal, classes }) {
  if (epsilon === 0) return "Nothing is changed.";
  const how = { fgsm: "one step", pgd: attack.done === 1 ? "one small step" : `${attack.done} small steps`, noise: "random noise" }[method];
  const where = goal >= 0 && method !== "noise" ? ` towards ${classes[goal]}` : "";
  return `Each pixel moved by at most ${epsilon} of 255, by ${how}${where}.`;
}

function predict({ classes, after }) {
  const order = [...after.keys()].sort((a, b) => after[b] - after[a]);
  const [first, second] = order.map((k) => `${classes[k]} ${percent(after[k])}`);
  return `The network says ${first}, then ${second}.`;
}

function summarise(scene) {
  return `${describePicture(scene)} ${describeChange(scene)} ${predict(scene)}`;
}

function least({ curve, goal, classes }) {
  const found = fooledAt(curve);
  const what = goal < 0 ? "least budget for another answer" : `least budget for ${classes[goal]}`;
  return [[what, found >= 0 ? `${found} of 255` : curve.rows.length <= curve.largest ? "..." : `above ${curve.largest}`]];
}

/** The small pictures to choose from, an empty sheet first. */
function choices({ images, labels, classes }) {
  return [{ name: "Empty", pixels: BLANK }, ...images.map((pixels, i) => ({ name: `Image ${i}: ${classes[labels[i]]}`, pixels }))];
}

export const { render, preview } = defineExplorer({
  title: "Attack explorer: a small change that fools a network",
  update: updateScene,
  budget: BUDGET,
  output: ({ after, curve }) => ({ probabilities: [...after], fooled_at: curve.rows.length > curve.largest ? fooledAt(curve) : -1 }),
  say: summarise,
  left: [
    group(
      { className: "d2l-three d2l-direct" },
      stage({ draw: drawPhoto, label: "The picture", ratio: 0.86, use: addPainting }),
      stage({ draw: drawChange, label: "The change, enlarged", ratio: 0.86 }),
      stage({ draw: drawSeen, label: "What the network gets", ratio: 0.86 }),
    ),
    stage({ draw: drawBars, label: "Probabilities before and after", ratio: 1.9 }),
    paragraph((scene) => ({ text: summarise(scene), bad: argmax(scene.after) !== scene.label }), { className: "d2l-verdict" }),
  ],
  right: [
    stage({
      draw: drawCurves,
      label: "Probabilities over the budget",
      ratio: 1.15,
      scrub: { trait: "epsilon", scale: budgetScale, label: "Budget", text: (scene, value) => `${value} of 255: ${predict(scene)}` },
    }),
    group({ name: "steps" }, player({ trait: "step_count" })),
    facts(least),
    hint("Lines and bars: the probability of each class. Blue: the picture's own; orange: the network's answer, where it is another. Bars: pale before the change, strong after it. Change: orange where pixels rose, blue where they fell."),
  ],
  controls: ["epsilon", "method", "network", "goal", "step_count", "seed", "tool", "brush"],
  visible: {
    steps: (get) => get("method") === "pgd",
    step_count: (get) => get("method") === "pgd",
    goal: (get) => get("method") !== "noise",
    seed: (get) => get("method") === "noise",
    brush: (get) => get("tool") !== "look",
  },
  more: [
    chooser({
      name: "image",
      images: choices,
      of: (scene) => scene.data,
      chosen: ({ index }) => index + 1,
      choose: (app, i) => app.set({ image: i - 1, pixels: [] }),
    }),
    group({}, button({ label: "Undo drawing", press: (app) => app.set({ pixels: [] }), usable: (app) => app.get("pixels").length > 0 })),
  ],
  preview: beside(above(drawTriple, drawBars, 0.42), drawCurves, 0.5),
});

/** The three pictures beside each other, for the preview. */
function drawTriple(ctx, width, height, theme, scene) {
  const side = width / 3 - 6;
  [drawPhoto, drawChange, drawSeen].forEach((draw, i) => {
    ctx.save();
    ctx.translate((i * width) / 3, 0);
    draw(ctx, side, height, theme, scene);
    ctx.restore();
  });
}
