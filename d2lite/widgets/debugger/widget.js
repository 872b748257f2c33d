// The debugger explorer: what a program with one mistake prints, and its lines, to be pressed.
import { control, defineExplorer } from "../_core/define.js";
import { formatFixed } from "../_core/format.js";
import { button, facts, group, hint, paragraph, stage } from "../_core/parts.js";
import { beside } from "../_draw/panes.js";
import { program } from "./code.js";
import { drawCharts, drawProgram } from "./drawing.js";
import { faultyLines, judge, meanOf, mend } from "./model.js";

/** Bring a scene up to date with the traits. */
function updateScene(scene, get) {
  const { parts, roles, order, cases } = get("data");
  const finding = get("mode") === "find";
  const name = finding ? order[get("case") - 1] : get("mistake");
  const wrong = cases[name];
  const [right, role] = [parts[wrong.part], roles[wrong.part]];
  const said = judge(right, role, wrong, finding ? get("pressed") : 0);
  const known = !finding || get("shown") || said.verdict === "found";
  const asked = faultyLines(right, wrong).map(({ text }, i) => ({ text, kind: said.verdict === "wrong" && i === get("pressed") - 1 ? "wrong" : "same" }));
  Object.assign(scene, { name, finding, wrong, right: cases.none, said, known, asks: finding && !known, run: get("run") - 1 });
  scene.rows = known ? mend(right, wrong) : asked;
}

const percent = (value) => (value === null ? "none" : formatFixed(value, 2));

function message({ finding, wrong, said, known }) {
  const missing = wrong.lines.length ? "" : " A line is missing.";
  const found = said.verdict === "found" && finding;
  if (known) return `${found ? "Found: " : "Here: "}${wrong.title}.${missing} ${wrong.reason}`.replaceAll("`", "");
  if (said.verdict === "wrong") return `This line is right. ${said.role}`.replaceAll("`", "");
  return "One line is wrong, or missing. Look at the curves, then press the line that you suspect; where one is missing, a line beside the gap.";
}

function results({ wrong, right, run, known }) {
  const list = [["it reports", percent(wrong.reports[run])]];
  if (known) list.push(["its network on new photos", percent(wrong.truths[run])]);
  return [...list, ["the right program's network on new photos", percent(right.truths[run])]];
}

function summarise(scene) {
  const { wrong, right, run } = scene;
  const ends = ({ raised, losses, accuracies }) => {
    if (raised) return "it stops with an error";
    const [loss, accuracy] = [losses[run].at(-1), accuracies[run].at(-1)];
    return `training loss ${loss === null ? "is no number any more" : formatFixed(loss, 2)}, accuracy ${percent(accuracy)}`;
  };
  const mean = meanOf(wrong.truths);
  const truth = scene.known && mean !== null ? ` Its networks are right about ${formatFixed(100 * mean, 0)}% of new photos, in the mean of ten runs.` : "";
  return `After twelve passes of this program: ${ends(wrong)}. Of the right one: ${ends(right)}. ${message(scene)}${truth}`;
}

const CLEAN = { pressed: 0, shown: false };
const last = (app) => app.get("case") === app.entry("case").max;
const onlyFinding = (get) => get("mode") === "find";

export const { render, preview } = defineExplorer({
  title: "Debugger explorer: find the mistake in a training program",
  update: updateScene,
  output: ({ known, said }) => ({ solved: known && said.verdict === "found" }),
  say: summarise,
  left: [
    stage({ draw: drawCharts, label: "Training loss and accuracy after each pass", ratio: 1.6, className: "d2l-runs" }),
    paragraph(message, { className: "d2l-about d2l-direct" }),
  ],
  right: [
    program({ rows: ({ rows }) => rows, press: (app, pressed) => app.set({ pressed, shown: false }), label: "Lines of the program" }),
    group(
      { name: "moves", className: "d2l-moves d2l-direct" },
      button({ label: "Show the mistake", press: (app) => app.set({ shown: true }), usable: (app, { asks }) => asks }),
      button({ label: "Next case", press: (app) => app.set({ ...CLEAN, case: last(app) ? 1 : app.get("case") + 1 }) }),
    ),
  ],
  controls: [control("mode", { resets: CLEAN }), control("case", { resets: CLEAN }), "mistake", "run"],
  shown: 4,
  visible: { case: onlyFinding, mistake: (get) => !onlyFinding(get), moves: onlyFinding },
  bottom: [facts(results), hint("Thick: the chosen run. Thin: the other nine. All lines are recorded runs, run k of both programs from the same photos.")],
  preview: beside(drawCharts, drawProgram, 0.5),
});
