// The writing explorer: the text a network writes after some steps of its training, and its perplexity beside that of counts.
import { control, defineExplorer } from "../_core/define.js";
import { formatCount, formatFixed } from "../_core/format.js";
import { group, hint, paragraph, player, stage } from "../_core/parts.js";
import { above } from "../_draw/panes.js";
import { checkpointAt, drawCurve, drawText, textHeight } from "./draw.js";
import { placeOf, readCheckpoint } from "./model.js";

const READ = { austen: "novels", shakespeare: "plays", python: "programs" };

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const [all, author, temperature] = [get("data"), get("author"), get("temperature")];
  const data = all[author];
  const place = placeOf(data.steps, get("steps"));
  const kind = Math.max(0, data.temperatures.indexOf(temperature));
  const over = get("steps") > data.steps[place]; // the training had ended
  Object.assign(scene, { all, data, author, place, temperature, over, ...readCheckpoint(data, place, kind, get("text") - 1) });
}

/** What the network is as good as, in a sentence or two. */
function tellRank({ data, author, place, temperature, over, perplexity, known, beaten }) {
  const [steps, last] = [formatCount(data.steps[place]), data.counts.length];
  const rank = beaten === 0 ? "worse than counting single characters" : beaten === last ? `better than counts of order ${last}` : `better than counts of order ${beaten}, not of order ${beaten + 1}`;
  const drawn = temperature === 1 ? "" : `; the text is drawn at ${temperature}`;
  return `After ${steps} steps${over ? ", where this training ended" : ""}: perplexity ${formatFixed(perplexity, perplexity < 20 ? 2 : 1)}, ${rank}. ${Math.round(100 * known)}% of its words${data.least > 1 ? ` of ${data.least} letters or more` : ""} are in the ${READ[author]} (all at temperature 1${drawn}).`;
}

/** The last checkpoint of the author's training, among the choices of steps. */
const lastOf = (_, get) => get("data")[get("author")].steps.length - 1;

const summarise = (scene) => `${tellRank(scene)} It writes: ${scene.text.slice(0, 70).replace(/\s+/g, " ")}…`;

/** A stage as high as the longest text. */
function fitText(app, { element, width }, scene) {
  let fitted = 0;
  app.draw(() => {
    if (!width() || width() === fitted) return;
    fitted = width();
    element.style.height = `${textHeight(scene, fitted)}px`;
  });
}

export const { render, preview } = defineExplorer({
  title: "Writing explorer: what a recurrent network writes while it learns",
  update: updateScene,
  output: ({ perplexity, beaten }) => ({ perplexity, beaten }),
  say: summarise,
  top: [
    group({ className: "d2l-learning d2l-direct" }, player({ trait: "steps", last: lastOf, again: true }), control("steps", { slider: true })),
    paragraph(tellRank, { className: "d2l-verdict" }),
  ],
  left: [
    stage({ draw: drawText, label: "What it writes", className: "d2l-page", use: fitText }),
    hint("Grey: given. Orange: words that the training text does not have."),
  ],
  right: [
    stage({
      draw: drawCurve,
      label: "Perplexity during the training",
      className: "d2l-curve",
      scrub: {
        trait: "steps",
        last: lastOf,
        label: "Steps of training",
        scale: (scene, width, height) => ({ invert: (px) => checkpointAt(scene, px, width, height) }),
        text: (scene) => tellRank(scene),
      },
    }),
    hint("Blue: the network, measured at the dots. Dotted: counts of each order, grey once they are beaten. Drag in the picture."),
  ],
  controls: ["author", "temperature", "text"],
  shown: 2,
  preview: above(drawText, drawCurve, 0.45),
});
