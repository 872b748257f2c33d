// What the splits explorer says: the bird looked at, what leaks, and the scores.
import { formatFixed } from "../_core/format.js";
import { score, TEST, TRAINING } from "./model.js";

const PARTS = ["training", "validation", "test"];

/** The bird looked at, and whose answer it gets. */
export function describeBird(scene) {
  const { rows, parts, labels, chosen, neighbour, species, classes, opened } = scene;
  const row = rows[chosen];
  const head = `Bird ${row.bird + 1}${chosen >= scene.numBirds ? " (a copy)" : ""}, ${species[row.facts[0]]}, nest ${row.facts[4]}`;
  if (parts[chosen] === TRAINING) return `${head}: training, ${classes[labels[chosen]]}.`;
  if (parts[chosen] === TEST && !opened) return `${head}: in the test set, which is shut.`;
  const found = rows[neighbour];
  const kin = found.bird === row.bird ? "itself, a second time" : found.bird === (row.bird ^ 1) ? `bird ${found.bird + 1}, its mate of the same nest` : `bird ${found.bird + 1}, of another nest`;
  return `${head}: ${PARTS[parts[chosen]]}. Most similar in training is ${kin}; its answer, “${classes[labels[neighbour]]}”, is ${labels[neighbour] === labels[chosen] ? "right" : "wrong"}.`;
}

/** What crosses from the judging rows to training, in this state. */
export function describeLeak({ crossing: { mates, copies, judged }, settings: { prepare } }) {
  const leaks = [];
  if (mates.length) leaks.push(`${mates.length} of ${judged} validation birds have their mate in training`);
  if (copies.length) leaks.push(`${copies.length} are in training themselves`);
  if (prepare === "scaled_over_all") leaks.push("the scales were taken from all rows, validation and test included");
  if (prepare === "noise_over_all") leaks.push("the 20 columns were picked by the answers of all rows, validation and test included");
  if (prepare === "with_remark") leaks.push("the remark was written when the answer was known");
  if (!leaks.length) return "Nothing crosses from validation to training.";
  return { text: `Crosses over: ${leaks.join("; ")}.`, bad: true };
}

const number = (value) => (value === null || Number.isNaN(value) ? "none" : formatFixed(value, 2));

export function results({ validation, promised, worth, classes, opened, folds, fold, settings: { question } }) {
  const [[calm, all], [found, missed]] = validation;
  const list = [["promised", number(promised)]];
  if (worth !== null) list.push(["on new birds", number(worth)]);
  if (opened) list.push(["test", number(score(folds[fold - 1].test))]);
  if (question === "egg") list.push(["missed eggs told", `${found} of ${missed}`], ["false alarms", `${all - calm} of ${all}`]);
  else list.push([`${classes[1]}s told`, `${found} of ${missed}`], [`${classes[0]}s told`, `${calm} of ${all}`]);
  return list;
}

export function summarise(scene) {
  const { promised, worth, folds, fold } = scene;
  const leak = describeLeak(scene);
  const where = folds.length > 1 ? `Fold ${fold} of ${folds.length}. ` : "";
  const truth = worth === null ? "" : `, on new birds ${number(worth)}`;
  return `${where}Promised score ${number(promised)}${truth}; guessing gets 0.5. ${leak.text ?? leak}`;
}
