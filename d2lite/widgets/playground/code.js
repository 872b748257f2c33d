// A network as Python that makes the same one in torch. No DOM here.
import { formatCounted } from "../_core/format.js";
import { FEATURES } from "./data.js";

const MODULES = { tanh: "nn.Tanh()", sigmoid: "nn.Sigmoid()", relu: "nn.ReLU()", linear: "", leaky_relu: "nn.LeakyReLU()", gelu: "nn.GELU()" };
const written = (numbers) => `[${Array.from(numbers, (value) => Number(value.toPrecision(9))).join(", ")}]`;

/** A cell that makes the network of a run, numbers and all: torch.nn.Sequential, in evaluation mode. */
export function networkCode({ net, state, settings, epoch }) {
  const { activation, squash, dense } = net;
  const { features, dropout } = settings;
  const normed = [];
  let place = 0;
  const lines = dense.map(({ inputs, outputs, hidden, ...layer }) => {
    const modules = [`nn.Linear(${inputs}, ${outputs})`];
    if (layer.normed) normed.push({ ...layer, outputs, place: place + modules.length });
    if (layer.normed) modules.push(`nn.BatchNorm1d(${outputs})`);
    if (hidden && MODULES[activation]) modules.push(MODULES[activation]);
    if (hidden && dropout) modules.push(`nn.Dropout(${dropout})`);
    if (!hidden && squash) modules.push("nn.Tanh()");
    place += modules.length;
    return `    ${modules.join(", ")},`;
  });
  const statistics = normed.flatMap((layer) => ["mean", "variance"].map((what) => {
    const numbers = state.stats.subarray(layer[what], layer[what] + layer.outputs);
    return `network[${layer.place}].running_${what.slice(0, 4).replace("vari", "var")}.copy_(torch.tensor(${written(numbers)}))`;
  }));
  return [
    "import torch", "from torch import nn", "",
    `# inputs: ${features.map((name) => FEATURES[name][0]).join(", ")}; after ${formatCounted(epoch, "epoch")}`,
    "network = nn.Sequential(", ...lines, ")",
    `numbers = torch.tensor(${written(state.w)})`,
    "nn.utils.vector_to_parameters(numbers, network.parameters())",
    ...statistics,
    "network.eval()",
  ].join("\n");
}
