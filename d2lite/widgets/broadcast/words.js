// What the broadcast explorer says: the step, the axes, the errors, the cell that is worked out.
import { formatCount } from "../_core/format.js";
import { errorMessages, explainAxis, suggestFix } from "./model.js";

const NAMES = ["a", "b"];
const HINT = "Tinted: numbers a tensor holds. Dashed: the same numbers, read again; nothing is copied. Point at a cell, or use the arrow keys, to see where it comes from.";
const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
const minus = (number) => String(number).replace("-", "−");

/** A shape as Python writes it. */
export function writeShape(shape) {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** What has been done so far; at the last step the result's shape, or that there is none. */
export function describeStep(scene) {
  const { problems, shapes, step, sign } = scene;
  if (problems.length) return { text: problems.join(" "), bad: true };
  const sum = shapes.map(writeShape).join(` ${sign} `);
  if (step === 0) return `${sum}: do they fit?`;
  if (step === 1) return "Lined up from the right. An axis that is missing counts as 1.";
  if (step === 2 && !scene.clashes) return "Each axis of 1 is stretched to the size of the other.";
  if (step === 2) return { text: "Only an axis of 1 can be stretched. Here one of the two ends too soon.", bad: true };
  return describeResult(scene, sum);
}

function describeResult({ shapes, result, clashes }, sum) {
  if (!clashes) return `${sum} gives ${writeShape(result)}: ${counted(product(result))} from ${shapes.map((shape) => formatCount(product(shape))).join(" and ")}.`;
  return { text: `${sum} is an error: ${clashes === 1 ? "one axis clashes" : `${clashes} axes clash`}.${describeFix(shapes)}`, bad: true };
}

function counted(count) {
  return count === 1 ? "1 number" : `${formatCount(count)} numbers`;
}

function describeFix(shapes) {
  const fix = suggestFix(...shapes);
  if (!fix) return " No further axis of 1 would help.";
  const name = NAMES[fix.which];
  const code = fix.how === "reshape" ? `${name}.reshape${writeShape(fix.shape).replace(",)", ")")}` : `${name}.T, of shape ${writeShape(fix.shape)},`;
  return ` ${code} would fit.`;
}

/** Each axis in a sentence, from the right, as the rule is applied; clashes apart from the others. */
export function describeAxes(clash) {
  return ({ axes, step }) => {
    const told = step < 2 ? [] : axes.filter(({ kind }) => (kind === "clash") === clash).reverse();
    return { text: told.map(explainAxis).join(" "), bad: clash };
  };
}

/** What the two libraries print, and how to read it. */
export function describeError({ shapes, done, clashes }) {
  if (!done || !clashes) return "";
  const { torch, numpy, dimension, axis } = errorMessages(...shapes);
  return `PyTorch: “${torch}”. Its dimension ${dimension}, counted from the left, is axis ${minus(axis)}. NumPy: “${numpy}”.`;
}

/** The chosen cell's sum, with the indices it is read from. */
export function describeCell({ worked, sign }) {
  if (!worked) return "";
  const at = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);
  const [a, b] = NAMES.map((name, i) => at(name, worked.sources[i]));
  return `Ringed: ${at("result", worked.index)} = ${a} ${sign} ${b} = ${worked.values.join(` ${sign} `)} = ${minus(worked.result)}`;
}

export function alignedHeads({ axes, problems }) {
  return problems.length ? [] : ["axis", ...axes.map(({ axis }) => minus(axis))];
}

/** The shapes one above the other, aligned from the right, with what happens along each axis, as far as the step has come. */
export function alignedRows({ axes, result, problems, step, done }) {
  if (problems.length) return [];
  const row = (which) => axes.map(({ sizes }) => sizes[which] ?? (step ? "(1)" : "·"));
  const marked = axes.map(({ kind, size }) => (done ? { text: String(size ?? "✗"), bad: kind === "clash" } : "·"));
  const words = axes.map(({ kind }) => (step > 1 ? { text: kind, bad: kind === "clash" } : "·"));
  return [["a", ...row(0)], ["b", ...row(1)], ["rule", ...words], [done && !result ? "no result" : "result", ...marked]];
}

/** What the marks mean; and, where not all is drawn, what is left out. */
export function describeLeftOut({ shown, axes }) {
  const most = axes.map(({ sizes }) => Math.max(...sizes));
  const isPart = shown?.some((list, i) => list.length < most[i]);
  const before = axes.length > 3 ? ", of the axes before the last three the index 0 only" : "";
  return (isPart ? `Drawn: the first and the last of long axes${before}. ` : "") + HINT;
}

export function summarise(scene) {
  const said = describeStep(scene);
  const axes = scene.step > 1 ? scene.axes.map(explainAxis).join(" ") : "";
  return `${said.text ?? said} ${axes} ${describeCell(scene)}`.trim();
}
