// One step of the gates explorer as equations, with their numbers.
import { formatFixed } from "../_core/format.js";
import { sumsAt } from "./model.js";

export const STATE = { LSTM: "c", GRU: "h" }; // what is kept from step to step, and whose gradient is shown
const NAMES = { f: "forget", i: "input", o: "output", r: "reset", z: "update" };
const brief = (value) => formatFixed(value, 2);
const exact = (value) => formatFixed(value, 3); // with two digits a sum of two rounded numbers is often off by one

/** A factor: in brackets where it is below zero. */
const factor = (value, write) => (value < 0 ? `(${write(value)})` : write(value));

/** What is added: its sign, then its size. */
const plus = (value, write) => (value < 0 ? `− ${write(-value)}` : `+ ${write(value)}`);

/** One unit's numbers at a step, with its state before. */
export function valuesAt({ kind, steps }, step, unit) {
  const names = kind === "GRU" ? ["z", "r", "n", "h"] : ["f", "i", "o", "g", "c", "h"];
  const now = Object.fromEntries(names.map((name) => [name, steps[step][name][unit]]));
  return { ...now, before: step ? steps[step - 1][STATE[kind]][unit] : 0 };
}

/** A step's equations with their numbers, of one move or of the whole step. */
export function sumsOf(reader, step, unit, move, settings) {
  const at = valuesAt(reader, step, unit);
  const inside = sumsAt(reader.cell, reader.steps, step, unit, settings);
  const gate = (name) => `${name} = ${settings[`${NAMES[name]}_gate`] === "learned" ? `σ(${exact(inside[name])}) = ${exact(at[name])}` : `${brief(at[name])}, held`}`;
  return (reader.kind === "GRU" ? gruSums : lstmSums)(at, inside, gate)[move];
}

function lstmSums({ f, i, o, g, c, h, before }, inside, gate) {
  return {
    all: `c = f·c₋₁ + i·g = ${brief(f)}·${factor(before, brief)} + ${brief(i)}·${factor(g, brief)} = ${brief(c)};  h = o·tanh c = ${brief(o)}·${factor(Math.tanh(c), brief)} = ${brief(h)}`,
    see: `see: ${gate("f")}; ${gate("i")}; g = tanh(${exact(inside.g)}) = ${exact(g)}; ${gate("o")}`,
    keep: `1 keep: f·c₋₁ = ${exact(f)}·${factor(before, exact)} = ${exact(f * before)}`,
    write: `2 write: i·g = ${exact(i)}·${factor(g, exact)} = ${exact(i * g)}`,
    add: `3 add: c = f·c₋₁ + i·g = ${exact(f * before)} ${plus(i * g, exact)} = ${exact(c)}`,
    show: `4 show: h = o·tanh c = ${exact(o)}·${factor(Math.tanh(c), exact)} = ${exact(h)}`,
  };
}

function gruSums({ z, r, n, h, before }, { given, seen }, gate) {
  return {
    all: `h = z·h₋₁ + (1−z)·n = ${brief(z)}·${factor(before, brief)} + ${brief(1 - z)}·${factor(n, brief)} = ${brief(h)}`,
    see: `see: ${gate("z")}; ${gate("r")}; n = tanh(${exact(given)} + r·${factor(seen, exact)}) = ${exact(n)}`,
    keep: `1 keep: z·h₋₁ = ${exact(z)}·${factor(before, exact)} = ${exact(z * before)}`,
    write: `2 write: (1−z)·n = ${exact(1 - z)}·${factor(n, exact)} = ${exact((1 - z) * n)}`,
    add: `3 add: h = z·h₋₁ + (1−z)·n = ${exact(z * before)} ${plus((1 - z) * n, exact)} = ${exact(h)}`,
    show: `show: h = ${exact(h)}, as it is`,
  };
}
