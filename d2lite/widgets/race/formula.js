// The rule of each method, line by line, and the same lines with the present numbers. No DOM here.
import { formatNumber } from "../_core/format.js";

const ADAM = {
  v: "v ← β₁ v + (1 − β₁) g",
  s: "s ← β₂ s + (1 − β₂) g²",
  vHat: "v̂ = v / (1 − β₁ᵗ)",
  sHat: "ŝ = s / (1 − β₂ᵗ)",
  scale: "η / (√ŝ + ε)",
  step: "Δw = −η v̂ / (√ŝ + ε)",
};
const DIVIDED = { scale: "η / (√s + ε)", step: "Δw = −η g / (√s + ε)" };

/** What each method computes in a step: its lines by their names in optimizerStep's answer. */
export const RULE_LINES = {
  sgd: { step: "Δw = −η g" },
  momentum: { v: "v ← β v + g", step: "Δw = −η v" },
  nesterov: { v: "v ← β v + g", step: "Δw = −η (g + β v)" },
  adagrad: { s: "s ← s + g²", ...DIVIDED },
  rmsprop: { s: "s ← β₂ s + (1 − β₂) g²", ...DIVIDED },
  adam: ADAM,
  adamw: { ...ADAM, step: "Δw = −η · λ w − η v̂ / (√ŝ + ε)" },
};

/** The rule of a method as a sentence whose lines break between its equations only. */
export function ruleText(name) {
  return Object.values(RULE_LINES[name]).map((line) => line.replaceAll(" ", "\u00a0")).join(", ");
}

/** What a picture of a method's memory shows: only what the method has. */
export function memoryText(name) {
  const { v, vHat, s, sHat } = RULE_LINES[name];
  const parts = ["gradient g, dashed", v && (vHat ? "corrected mean v̂, line" : "velocity v, line"), s && (sHat ? "±√ŝ, band" : "±√s, band")];
  return `Given and remembered: ${parts.filter(Boolean).join("; ")}.`;
}

/** Rows [text with numbers, value for w₁, value for w₂] of the next step: next is nextStep's answer, settings the run's. */
export function formulaRows(name, settings, next) {
  const { lr, beta, beta1, beta2, weightDecay } = settings;
  const { t } = next.state;
  const numbers = [["(1 − β₁ᵗ)", 1 - beta1 ** t], ["(1 − β₂ᵗ)", 1 - beta2 ** t], ["(1 − β₁)", 1 - beta1], ["(1 − β₂)", 1 - beta2]];
  numbers.push(["β₁", beta1], ["β₂", beta2], ["β", beta], ["η", lr], ["λ", weightDecay]);
  const digits = (value) => (value > 0.999 && value < 1 ? 4 : 3); // a memory of 0.9999 is not 1
  const fill = (text) => numbers.reduce((line, [symbol, value]) => line.replaceAll(symbol, formatNumber(value, digits(value))), text);
  const values = { ...next, ...next.state };
  const penalty = weightDecay && name !== "adamw" ? "g = ∇L + λ w" : "g = ∇L";
  const lines = Object.entries({ g: penalty, ...RULE_LINES[name], w: "w ← w + Δw" });
  return lines.map(([key, text]) => [fill(text), ...values[key]]);
}
