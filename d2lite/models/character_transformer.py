"""A character model of a few Transformer blocks: the network, its cache, its 8-bit weights, the one that ships."""

import itertools

import torch
from torch import nn

from d2lite._utils.checks import check_choice, check_count, check_number
from d2lite._utils.encoding import to_base64
from d2lite._utils.state import keep_draws, keep_mode
from d2lite._utils.tensors import as_tensor, check_weights
from d2lite.models import weights
from d2lite.models._alphabet import check_alphabet, encode
from d2lite.models.character_rnn import ALPHABET
from d2lite.models.quantization import SCALE, dequantize_all, quantize_all

FORMAT = "d2lite-character-transformer-1"
POSITIONS = ("learned", "rotary")
MAX_CONTEXT, MAX_WIDTH, MAX_LAYERS, MAX_HEADS = 256, 128, 6, 8  # of a network that a page runs
_SHAPE = ("width", "num_layers", "num_heads", "context", "positions")


def rotate(vectors, start=0):
    """Return queries or keys turned by their positions: pair i of a vector at position t by t * 10000^(-2i/d) radians.

    Args:
        vectors: (..., T, d) float tensor, d even; numbers 2i and 2i + 1 are a pair.
        start: int, the position of the first vector.

    Returns:
        (..., T, d) tensor. The product of a turned query and a turned key depends on their distance alone.

    Raises:
        ValueError: d is odd, or they are no floats.

    Source: Su et al. 2021, equation 34. Taught in chapters/07_rnn/attention.
    """
    if vectors.dim() < 2 or not vectors.is_floating_point():
        raise ValueError(
            f"vectors has shape {tuple(vectors.shape)} and dtype {vectors.dtype}: expected floats (..., T, d)"
        )
    length, size = vectors.shape[-2:]
    if size % 2:
        raise ValueError(
            f"vectors has shape {tuple(vectors.shape)}: expected an even last axis, pairs to turn"
        )
    speeds = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.arange(start, start + length, dtype=torch.float64)[:, None] * speeds  # (T, d/2)
    turns = torch.polar(torch.ones_like(angles), angles)
    wide = vectors.to(torch.promote_types(vectors.dtype, torch.float32))  # there are no complex bfloat16
    pairs = torch.view_as_complex(wide.unflatten(-1, (-1, 2)).contiguous())  # (..., T, d/2)
    turned = torch.view_as_real(pairs * turns.to(pairs))  # (..., T, d/2, 2)
    return turned.flatten(-2).to(vectors.dtype)  # (..., T, d)


class Block(nn.Module):
    """One pre-norm block: attention, then a two-layer network, each added to what comes in.

    Args:
        width: D numbers a position.
        num_heads: heads, of D / num_heads numbers each.
        rotary: whether queries and keys are turned by their position.

    Source: Vaswani et al. 2017; the norms before their layers: Xiong et al. 2020. Taught in chapters/07_rnn/attention.
    """

    def __init__(self, width, num_heads, rotary):
        super().__init__()
        self.num_heads, self.rotary = num_heads, rotary
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, cache=None, silent=()):
        """Return (B, T, D) after the block, and the keys and values (B, heads, T so far, d) for the next call."""
        mixed, cache = self.attend(self.norm_1(x), cache, silent)
        x = x + self.out(mixed)
        hidden = self.up(self.norm_2(x)).relu()
        return x + self.down(hidden), cache

    def attend(self, x, cache, silent):
        """Return what the heads read, side by side (B, T, D), and the cache."""
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.num_heads, -1)  # (B, T, 3, heads, d)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # (B, heads, T, d) each
        before = 0 if cache is None else cache[0].shape[2]
        if self.rotary:
            q, k = rotate(q, before), rotate(k, before)
        if before:
            k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
        visible = torch.ones(length, before + length, dtype=torch.bool, device=x.device).tril(before)
        read = nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=visible if before else None, is_causal=not before
        )
        for head in silent:
            read = read.index_fill(1, torch.tensor([head], device=x.device), 0.0)
        return read.transpose(1, 2).reshape(batch, length, width), (k, v)  # (B, T, D)


class CharacterTransformer(nn.Module):
    """A decoder-only Transformer: scores of the next character from those before it.

    Args:
        alphabet: str of V distinct characters.
        width: D numbers a position; a multiple of num_heads, and with rotary positions of 2 * num_heads.
        num_layers: blocks.
        num_heads: heads of each block.
        context: most characters that are read at a time.
        positions: "rotary", queries and keys turned, or "learned", a vector for each place added to the character's.

    Raises:
        TypeError: the alphabet is no str.
        ValueError: the alphabet repeats a character, a size is no whole number from 1 up, or sizes do not divide.

    Source: Vaswani et al. 2017, its decoder without the encoder, with the norms first (Xiong et al. 2020). Taught in
    chapters/07_rnn/attention.
    """

    def __init__(
        self, alphabet=ALPHABET, width=48, num_layers=3, num_heads=4, context=128, positions="rotary"
    ):
        super().__init__()
        check_alphabet(alphabet)
        check_choice(positions, POSITIONS, "positions")
        sizes = {"width": width, "num_layers": num_layers, "num_heads": num_heads, "context": context}
        sizes = {name: check_count(size, name) for name, size in sizes.items()}
        width, unit = sizes["width"], sizes["num_heads"] * (2 if positions == "rotary" else 1)
        if width % unit:
            raise ValueError(
                f"width is {width}: expected a multiple of {unit} for {num_heads} heads, {positions} positions"
            )
        self.alphabet, self.sizes = alphabet, sizes | {"positions": positions}
        self.context, rotary = sizes["context"], positions == "rotary"
        self.embedding = nn.Embedding(len(alphabet), width)
        self.places = None if rotary else nn.Embedding(self.context, width)
        self.blocks = nn.ModuleList(
            Block(width, sizes["num_heads"], rotary) for _ in range(sizes["num_layers"])
        )
        self.norm, self.readout = nn.LayerNorm(width), nn.Linear(width, len(alphabet))
        self._start()

    def _start(self):
        """Draw small weights, those that write into the sum smaller still: Radford et al. 2019, section 2.3."""
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                writes = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.08 / (2 * len(self.blocks)) ** (0.5 * writes))
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def encode(self, text):
        """Return the places of a text's characters in the alphabet, (T,) int64; what is not in it is refused."""
        return encode(text, self.alphabet)

    def forward(self, characters, cache=None, silent=()):
        """Return scores, and what the next call needs to go on.

        Args:
            characters: (B, T) whole numbers, places in the alphabet.
            cache: what the last call returned, None at the beginning of a text.
            silent: pairs (layer, head), from 0, of heads that are switched off: they read zeros.

        Returns:
            logits (B, T, V) for the characters that follow, and the cache: for each block keys and values.

        Raises:
            ValueError: characters has another shape or holds what is no place in the alphabet, or with those in the
                cache more than `context`; the cache is of another batch; or there is no such head to be silent.
        """
        before, silent = 0 if cache is None else cache[0][0].shape[2], [*silent]  # each block reads the pairs
        characters = self._checked(characters, before, silent)
        if cache is not None and len(cache[0][0]) != len(characters):
            raise ValueError(
                f"cache is of {len(cache[0][0])} texts: expected {len(characters)}, as many as characters has"
            )
        x = self.embedding(characters)  # (B, T, D)
        if self.places is not None:
            x = x + self.places.weight[before : before + characters.shape[1]]  # (B, T, D) + (T, D)
        kept = []
        for i, block in enumerate(self.blocks):
            x, new = block(x, cache and cache[i], [head for layer, head in silent if layer == i])
            kept.append(new)
        return self.readout(self.norm(x)), kept

    def _checked(self, characters, before, silent):
        """Return characters as int64, or raise a ValueError for what this network cannot take; before: in the cache."""
        characters = as_tensor(characters, "characters", self.readout.weight.device)
        if characters.dim() != 2 or 0 in characters.shape or characters.is_floating_point():
            raise ValueError(
                f"characters has shape {tuple(characters.shape)} and dtype {characters.dtype}: expected (B, T) whole "
                "numbers; see encode"
            )
        characters = characters.long()
        if not 0 <= characters.min() <= characters.max() < len(self.alphabet):
            raise ValueError(
                f"characters is from {characters.min()} to {characters.max()}: expected places in the alphabet, from 0 "
                f"to {len(self.alphabet) - 1}; see encode"
            )
        if before + characters.shape[1] > self.context:
            raise ValueError(
                f"characters has {before + characters.shape[1]} places, those in the cache included: expected at most "
                f"{self.context}, the context; begin again with fewer"
            )
        layers, heads = self.sizes["num_layers"], self.sizes["num_heads"]
        known = set(itertools.product(range(layers), range(heads)))
        if not all(isinstance(pair, list | tuple) and tuple(pair) in known for pair in silent):
            raise ValueError(
                f"silent is {silent}: expected pairs (layer, head) from 0, below {layers} and {heads}"
            )
        return characters

    @torch.no_grad()
    def sample(self, text, count, temperature=1.0, generator=None):
        """Return a text that goes on from the given one.

        Args:
            text: str, at least one character.
            count: int, characters to write.
            temperature: float above 0; scores are divided by it.
            generator: torch.Generator, None for torch's own.

        Returns:
            str of count characters. Each costs one pass of one character: keys and values are kept.
            When the context is full the older half is forgotten, and the rest read again.

        Raises:
            TypeError: the text is no str.
            ValueError: the text is empty, or holds what is not in the alphabet; count is no whole number from 0, or the
                temperature not above 0; or the scores are not finite.
        """
        count = check_count(count, "count", 0)
        temperature = check_number(temperature, "temperature", 0, open_low=True)
        if isinstance(text, str) and not text:
            raise ValueError("text is empty: expected at least one character to go on from")
        device, ids, cache = self.readout.weight.device, self.encode(text).tolist(), None
        start = window_start(len(ids) - 1, self.context)
        with keep_mode(self):
            self.eval()
            for _ in range(count):
                if window_start(len(ids) - 1, self.context) != start:
                    start, cache = window_start(len(ids) - 1, self.context), None
                fresh = ids[start:] if cache is None else ids[-1:]
                logits, cache = self(torch.tensor([fresh], device=device), cache)
                scores = logits[0, -1].double().cpu()
                if not scores.isfinite().all():
                    raise ValueError(
                        "model gives scores that are not finite: expected numbers; train it again"
                    )
                p = ((scores - scores.max()) / temperature).softmax(0)
                ids.append(torch.multinomial(p, 1, generator=generator).item())
        return "".join(self.alphabet[i] for i in ids[len(ids) - count :])


def window_start(last, context):
    """Return the first place read when the last is `last`: a full context forgets its older half."""
    stride = context - context // 2
    return 0 if last < context else ((last - context) // stride + 1) * stride


def describe(model):
    """Return what besides its tensors a file of a model must say: format, alphabet, sizes."""
    return {"format": FORMAT, "alphabet": model.alphabet, **model.sizes}


def to_tensors(model):
    """Return weights as `d2lite.models.weights.save` takes: matrices in 8 bits, vectors to three decimals.

    Raises:
        TypeError: the model is no CharacterTransformer.
        ValueError: a weight is not finite or computed from others, or the model is too large for a page.
    """
    if not isinstance(model, CharacterTransformer):
        raise TypeError(f"model is a {type(model).__name__}: expected a d2lite.models.CharacterTransformer")
    most = {"width": MAX_WIDTH, "num_layers": MAX_LAYERS, "num_heads": MAX_HEADS, "context": MAX_CONTEXT}
    for name, limit in most.items():
        if model.sizes[name] > limit:
            raise ValueError(
                f"{name} is {model.sizes[name]}: expected at most {limit}, so that a page can run it"
            )
    check_weights(model, "model")
    named = model.state_dict()
    vectors = {name: part.double().cpu().round(decimals=3) for name, part in named.items() if part.dim() == 1}
    matrices = quantize_all({name: part for name, part in named.items() if part.dim() == 2})
    scales = {name: _round(part) for name, part in matrices.items() if name.endswith(SCALE)}
    return matrices | scales | vectors


def from_tensors(tensors, about):
    """Return the CharacterTransformer, 64-bit, that tensors and a description stand for.

    Raises:
        ValueError: the description lacks an entry, or the tensors do not fit it.
    """
    if about.get("format") != FORMAT:
        raise ValueError(
            f"format is {about.get('format')!r:.60}: expected {FORMAT!r}; save the model with `save`"
        )
    try:
        with keep_draws():
            model = CharacterTransformer(about["alphabet"], **{name: about[name] for name in _SHAPE}).double()
        model.load_state_dict({name: part.double() for name, part in dequantize_all(tensors).items()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(
            f"tensors do not fit their description ({error}): expected those of `to_tensors`"
        ) from error
    return model


def save(path, model, record=None):
    """Write a trained model into a file that `load` and the explorer's page read: about a byte a weight.

    Args:
        path: of a file that ends in ".npz".
        model: CharacterTransformer.
        record: dict of plain values to keep with it, such as how it was trained.

    Returns:
        Path of the file.

    Raises:
        TypeError, ValueError: as for `to_tensors`, or the path ends otherwise.

    Taught in chapters/07_rnn/attention.
    """
    return weights.save(weights.check_file(path), to_tensors(model), (record or {}) | describe(model))


def load(path):
    """Return the model of a file that `save` wrote, 64-bit and in evaluation mode, and its record.

    Raises:
        FileNotFoundError, ValueError: as for `d2lite.models.weights.load`, or the file holds another model.
    """
    tensors, record = weights.load(path)
    return from_tensors(tensors, record).eval(), record


def pretrained(name="austen"):
    """Return a trained Transformer that ships, made by tools/record/character_transformer.py, and its record.

    Args:
        name: "austen", trained on Jane Austen's novels.

    Returns:
        (model, record): CharacterTransformer in evaluation mode, in float64, from weights in 8 bits; and a dict, with
        "alphabet", the sizes, "measured" and "provenance".

    Raises:
        ValueError: there is no such model.

    Taught in chapters/07_rnn/attention.
    """
    known = [
        known.removesuffix("_transformer") for known in weights.names() if known.endswith("_transformer")
    ]
    check_choice(name, known, "name")
    return load(f"{name}_transformer")


def pack(model):
    """Return a model for a page: a dict for JSON.

    Args:
        model: CharacterTransformer.

    Returns:
        dict: format, alphabet, sizes; "matrices": for each name, scales (one a row) and the bytes in base64;
        "vectors": for each name, its values.

    Raises:
        TypeError, ValueError: as for `to_tensors`.
    """
    return _payload(to_tensors(model), describe(model))


def pretrained_payload(name="austen"):
    """Return the weights of `pretrained` as `pack` does, for a page."""
    tensors, record = weights.load(f"{name}_transformer")
    return _payload(tensors, {key: record[key] for key in ("format", "alphabet", *_SHAPE)})


def _payload(tensors, about):
    matrices = [
        {
            "name": name,
            "scales": tensors[name + SCALE].tolist(),
            "bytes": to_base64(part),
        }
        for name, part in tensors.items()
        if name + SCALE in tensors
    ]
    vectors = [
        {"name": name, "values": part.tolist()}
        for name, part in tensors.items()
        if part.dim() == 1 and not name.endswith(SCALE)
    ]
    return about | {"matrices": matrices, "vectors": vectors}


def _round(values):
    """Return numbers with three digits, in float64."""
    return torch.tensor([float(f"{value:.3g}") for value in values.tolist()], dtype=torch.float64)
