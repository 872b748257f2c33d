"""Traces of the Transformer by torch: the oracle of transformer/model.js."""

import torch
from torch import nn

from d2lite._utils.rng import Rng
from d2lite.models import character_transformer
from d2lite.models.character_transformer import (
    CharacterTransformer,
    pack,
    pretrained,
    pretrained_payload,
    rotate,
)

TEXT = "Miss Bates and Mr. Woodhouse; Miss Ba"
READ = """(model, { weights, text, off = [] }) => {
    const net = model.decodeModel(weights);
    const reading = model.makeReading(net, off);
    const { ids } = model.encodeText(net, text);
    model.extendReading(reading, ids, 0);
    const last = ids.length - 1;
"""


def small(positions, seed=0, **sizes):
    torch.manual_seed(seed)
    sizes = {"width": 8, "num_layers": 2, "num_heads": 2, "context": 12} | sizes
    model = CharacterTransformer("ab c\n", positions=positions, **sizes)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn_like(weight))  # no bias is zero, no gain one
    about, tensors = character_transformer.describe(model), character_transformer.to_tensors(model)
    return pack(model), character_transformer.from_tensors(tensors, about).eval()


def inside(model, ids, silent=()):
    """Return the sums after each block (L, T, D), attention weights (L, heads, T, T) and logits (T, V)."""
    kept = []
    hooks = [block.register_forward_hook(lambda _, __, out: kept.append(out[0][0])) for block in model.blocks]
    with torch.no_grad():
        logits = model(ids[None], silent=silent)[0][0]
    for hook in hooks:
        hook.remove()
    x = model.embedding(ids)
    x = x if model.places is None else x + model.places.weight[: len(ids)]
    weights = []
    for block, before in zip(model.blocks, [x, *kept], strict=False):
        q, k, _ = block.qkv(block.norm_1(before)).view(len(ids), 3, block.num_heads, -1).permute(1, 2, 0, 3)
        if block.rotary:
            q, k = rotate(q), rotate(k)
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5  # (heads, T, T)
        weights.append(scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf).softmax(-1))
    return torch.stack(kept).detach(), torch.stack(weights).detach(), logits


def reading_case(name, weights, model, text, off=()):
    ids = model.encode(text)
    heads = model.sizes["num_heads"]
    kept, attention, logits = inside(model, ids, [divmod(k, heads) for k in off])
    log_p = logits[:-1].log_softmax(1).gather(1, ids[1:, None])
    with torch.no_grad():
        stream = [model.readout(model.norm(x[-1])).softmax(0).max().item() for x in kept]
    case = {
        "name": f"{name} reads {len(text)} characters, heads off: {list(off)}",
        "js": READ
        + """const steps = ids.map((_, t) => model.stepAt(reading, t));
            return { logits: steps.map((s) => s.logits), sums: steps[last].blocks.map((b) => b.out),
                weights: steps[last].blocks.map((b) => b.weights), bits: model.meanBits(reading),
                chances: model.lookInside(net, steps[last]).slice(1).map((row) => row.chance) };
        }""",
        "input": {"weights": weights, "text": text, "off": list(off)},
        "expected": {
            "logits": logits.tolist(),
            "sums": kept[:, -1].tolist(),
            "weights": attention[:, :, -1].tolist(),
            "bits": -log_p.mean().item() / torch.log(torch.tensor(2.0)).item(),
            "chances": stream,
        },
        "tolerance": 1e-7,
    }
    return case


def head_case(weights, model, text):
    """What one head writes: the product of its columns of the output matrix and what it read."""
    ids = model.encode(text)
    read = []
    hook = model.blocks[1].out.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0, -1]))
    with torch.no_grad():
        model(ids[None])
    hook.remove()
    depth = model.sizes["width"] // model.sizes["num_heads"]
    matrix = model.blocks[1].out.weight
    written = [
        (matrix[:, h * depth : (h + 1) * depth] @ read[0][h * depth : (h + 1) * depth]).norm().item()
        for h in range(model.sizes["num_heads"])
    ]
    table = nn.functional.normalize(model.embedding.weight, dim=1)
    cosines = (table @ table[ids[-1]]).sort(descending=True)
    return {
        "name": "what each head writes, and the most similar embeddings",
        "js": READ
        + """const step = model.stepAt(reading, last);
            return { written: Array.from({ length: net.heads }, (_, h) => model.writtenBy(net, step, 1, h)),
                likest: model.likest(net, ids[last], 4) };
        }""",
        "input": {"weights": weights, "text": text},
        "expected": {
            "written": written,
            "likest": [
                [i, c]
                for i, c in zip(cosines.indices[1:5].tolist(), cosines.values[1:5].tolist(), strict=True)
            ],
        },
        "tolerance": 1e-7,
    }


def writing_case(name, weights, model, text, count, temperature, seed, most=0):
    """Characters drawn as Python draws them, beyond the context too."""
    ids, context = model.encode(text).tolist(), model.context
    for u in Rng(seed).uniform(count):
        start = character_transformer.window_start(len(ids) - 1, context)
        with torch.no_grad():
            logits = model(torch.tensor([ids[start:]]))[0][0, -1]
        if most:
            logits = logits.masked_fill(logits < logits.topk(most).values[-1], -torch.inf)
        sums = (logits / temperature).softmax(0).cumsum(0)
        ids.append(min(int((sums <= u).sum()), len(sums) - 1))
    return {
        "name": f"{name} writes {count} characters at temperature {temperature}, seed {seed}",
        "js": """(model, { weights, text, count, ...how }) => {
            const net = model.decodeModel(weights);
            const reading = model.makeReading(net);
            const { ids } = model.encodeText(net, text);
            let calls = 0;
            model.extendReading(reading, ids.slice(0, 3), 5, { temperature: 2, seed: 1 }); // something else first: it must leave no trace
            while (model.extendReading(reading, ids, count, how, () => ++calls % 4 === 0));
            const first = [...reading.ids];
            model.extendReading(reading, ids, count + 3, how);
            model.extendReading(reading, ids, count, how);
            const other = model.makeReading(net);
            model.follow(other, first);
            const [last, same] = [reading, other].map((r) => model.stepAt(r, first.length - 1).logits);
            return { first, again: reading.ids, same: last.every((z, i) => z === same[i]) };
        }""",
        "input": {"weights": weights, "text": text, "count": count, "temperature": temperature, "seed": seed}
        | {"most": most},
        "expected": {"first": ids, "again": ids, "same": True},
    }


def bad_files():
    """Files of another kind: a sentence says what is wrong."""
    about = {"format": character_transformer.FORMAT, "alphabet": "ab", "width": 4, "num_layers": 1}
    about |= {"num_heads": 2, "context": 8, "positions": "rotary"}
    changes = [{"format": "x"}, {"width": 400}, {"num_heads": 3}, {"alphabet": "aa"}, {"width": 2.5}, {}]
    return {
        "name": "what is no model is refused",
        "js": """(model, cases) => cases.map((about) => {
            try { model.decodeModel({ ...about, matrices: [], vectors: [] }); } catch (error) { return error.message.split(/[: ]/).slice(0, 2).join(" "); }
        })""",
        "input": [about | change for change in changes],
        "expected": [
            "its format",
            "its width",
            "its width",
            "its alphabet",
            "its width",
            "blocks.0.norm_1.weight has",
        ],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    learned, turned = small("learned"), small("rotary", seed=1)
    real = (pretrained_payload(), pretrained()[0])
    return [
        reading_case("a small model, learned positions", *learned, "ab ca\nb"),
        reading_case("a small model, rotary positions", *turned, "ab ca\nb"),
        reading_case("a small model", *turned, "ab ca\nb", off=(0, 3)),
        reading_case("the shipped model", *real, TEXT),
        reading_case("the shipped model", *real, TEXT, off=(1, 6)),
        head_case(*turned, "ab ca\nb"),
        writing_case("a small model", *turned, "ab c", 30, 1.3, 3),
        writing_case("a small model of an odd context", *small("learned", context=7), "ab cabc", 20, 0.7, 1),
        writing_case("the shipped model", *real, "She was ", 30, 0.7, 3),
        writing_case("the shipped model", *real, "She was ", 10, 1.5, 3, most=3),
        bad_files(),
    ]
