// A network as Python that makes it in torch. No DOM here.
import { partsOf } from "./networks.js";

const PATHS = `class Paths(nn.Module):
    """Several paths over one input, added, or joined along the channels."""

    def __init__(self, join, *paths):
        super().__init__()
        self.join, self.paths = join, nn.ModuleList(paths)

    def forward(self, x):
        outputs = [path(x) for path in self.paths]
        return sum(outputs) if self.join == "add" else torch.cat(outputs, dim=1)

`;
const settings = (pairs) => pairs.filter(([, value, usual]) => value !== usual).map(([name, value]) => `, ${name}=${value}`).join("");

/** One part as an expression, and the shape after it. */
function write(part, shape, indent) {
  const { op, k, s, p } = part;
  const [channels] = shape;
  if (op === "conv") return `nn.Conv2d(${channels}, ${part.maps}, ${k}${settings([["stride", s, 1], ["padding", p, 0], ["groups", part.g, 1], ["bias", part.bias ? "True" : "False", "True"]])})`;
  if (op === "max") return `nn.MaxPool2d(${k}, ${s}${settings([["padding", p, 0], ["ceil_mode", part.up ? "True" : "False", "False"]])})`;
  if (op === "avg") return `nn.AvgPool2d(${k}, ${s}${settings([["padding", p, 0]])})`;
  if (op === "paths") {
    const inner = `${indent}    `;
    const lines = part.paths.map((path) => (path.length ? `nn.Sequential(${chain(path, channels, inner).join(", ")})` : "nn.Identity()"));
    return `Paths(\n${inner}"${part.join}",\n${lines.map((line) => `${inner}${line},\n`).join("")}${indent})`;
  }
  return { relu: "nn.ReLU()", norm: `nn.BatchNorm2d(${channels})`, global: "nn.AdaptiveAvgPool2d(1)", flatten: "nn.Flatten()", linear: `nn.Linear(${channels}, ${part.units})`, dropout: `nn.Dropout(${part.rate})` }[op];
}

/** Expressions of parts one after another, from so many channels. */
function chain(parts, channels, indent) {
  let now = channels;
  return parts.map((part) => {
    const text = write(part, [now], indent);
    now = widthAfter(part, now);
    return text;
  });
}

function widthAfter(part, channels) {
  if (part.op === "conv") return part.maps;
  if (part.op === "linear") return part.units;
  if (part.op !== "paths") return channels;
  const widths = part.paths.map((path) => path.reduce((now, inner) => widthAfter(inner, now), channels));
  return part.join === "add" ? widths[0] : widths.reduce((sum, width) => sum + width, 0);
}

/** A cell that makes the network of rows, as far as network (from makeNetwork) has its layers, and counts its parameters. */
export function networkCode(rows, network, inChannels, side) {
  const { layers } = network;
  let channels = inChannels;
  const lines = layers.map((layer, i) => {
    const before = channels;
    channels = layer.shape[0];
    return `    ${chain(partsOf(rows[i], before, i === rows.length - 1), before, "    ").join(", ")},  # ${layer.shape.join(" x ")}`;
  });
  const code = `${lines.join("\n")}\n`;
  return [
    "import torch\nfrom torch import nn\n",
    ...(code.includes("Paths(") ? ["", PATHS] : []),
    `net = nn.Sequential(\n${code})`,
    `assert sum(p.numel() for p in net.parameters()) == ${network.parameters}`,
    `print(net(torch.randn(2, ${inChannels}, ${side}, ${side})).shape)`,
  ].join("\n");
}
