"""The character Transformer against torch's own parts; its cache, its file and what it refuses."""

import pytest
import torch
from torch import nn

from d2lite.models import CharacterTransformer, character_transformer, quantization, weights
from d2lite.models.character_transformer import Block, rotate, window_start


def tiny(positions="rotary", **sizes):
    torch.manual_seed(0)
    return CharacterTransformer(
        "ab c\n", **{"width": 8, "num_layers": 2, "num_heads": 2, "context": 12} | sizes, positions=positions
    )


def reference(block, x):
    """One block by torch's own attention: no positions."""
    theirs = nn.MultiheadAttention(x.shape[2], block.num_heads, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": block.qkv.weight, "in_proj_bias": block.qkv.bias,
            "out_proj.weight": block.out.weight, "out_proj.bias": block.out.bias,
        }
    )  # fmt: skip
    mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    z = block.norm_1(x)
    x = x + theirs(z, z, z, attn_mask=mask, need_weights=False)[0]
    return x + block.down(block.up(block.norm_2(x)).relu())


def test_a_block_is_that_of_torch():
    torch.manual_seed(1)
    block, x = Block(12, 3, rotary=False), torch.randn(2, 9, 12)
    assert torch.allclose(block(x)[0], reference(block, x), atol=1e-6)


def test_a_turned_score_depends_on_the_distance_alone():
    torch.manual_seed(0)
    q, k = torch.randn(6).double(), torch.randn(6).double()
    scores = rotate(q.expand(40, 6)) @ rotate(k.expand(40, 6)).T
    for shift in (0, 3, 17):
        line = scores.diagonal(-shift)
        assert torch.allclose(line, line[:1].expand_as(line), atol=1e-12)
    assert torch.allclose(rotate(q.expand(1, 6), start=5)[0], rotate(q.expand(6, 6))[5])
    assert torch.allclose(rotate(q[None])[0], q)
    with pytest.raises(ValueError, match="even last axis"):
        rotate(torch.zeros(2, 3))


@pytest.mark.parametrize("positions", ["rotary", "learned"])
@pytest.mark.parametrize("pieces", [(12,), (5, 1, 6), (1,) * 12])
def test_the_cache_gives_the_same_scores(positions, pieces):
    model, x = tiny(positions), torch.randint(0, 5, (3, 12))
    whole, cache, parts = model(x, silent=[(1, 0)])[0], None, []
    for piece in x.split(pieces, dim=1):
        logits, cache = model(piece, cache, silent=[(1, 0)])
        parts.append(logits)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-6)


def test_no_score_sees_what_comes_later():
    model, x = tiny(), torch.randint(0, 5, (1, 12))
    other = x.clone()
    other[0, 7:] = (other[0, 7:] + 1) % 5
    with torch.no_grad():
        first, second = model(x)[0], model(other)[0]
    assert torch.equal(first[:, :7], second[:, :7])
    assert not torch.allclose(first[:, 7:], second[:, 7:])


def test_a_silent_head_writes_nothing():
    model, x = tiny(), torch.randint(0, 5, (1, 6))
    off = model(x, silent=[(0, 1)])[0]
    assert torch.equal(
        model(x, silent=zip([0], [1], strict=True))[0], off
    )  # was used up before a block read it
    with torch.no_grad():
        model.blocks[0].out.weight[:, 4:] = 0
    assert torch.allclose(model(x)[0], off, atol=1e-6)


def test_the_window_forgets_its_older_half():
    for context in (1, 2, 7, 12):
        starts = [window_start(t, context) for t in range(40)]
        assert all(0 <= t - s < context for t, s in enumerate(starts))
        assert starts == sorted(starts)
        assert starts[:context] == [0] * context


def test_a_sample_is_drawn_from_the_windows_scores():
    model, generator = tiny(), torch.Generator().manual_seed(3)
    text = model.sample("ab", 30, temperature=0.8, generator=generator)
    again = torch.Generator().manual_seed(3)
    written = "ab"
    for _ in range(30):
        start = window_start(len(written) - 1, 12)
        with torch.no_grad():
            p = (model(model.encode(written[start:])[None])[0][0, -1].double() / 0.8).softmax(0)
        written += model.alphabet[torch.multinomial(p, 1, generator=again).item()]
    assert text == written[2:]
    assert model.sample("a", 0) == ""
    with pytest.raises(ValueError, match="text is empty"):
        model.sample("", 3)
    for bad, words in [
        ((-1,), "count is -1"),
        ((3, 0.0), "temperature is 0.0"),
        ((3, -1), "temperature is -1"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.sample("a", *bad)


@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_a_file_gives_back_the_model(tmp_path, positions):
    model, x = tiny(positions), torch.randint(0, 5, (2, 9))
    path = character_transformer.save(tmp_path / "own.npz", model, {"note": "mine"})
    again, record = character_transformer.load(path)
    assert record["note"] == "mine"
    assert not again.training
    assert torch.allclose(again.float()(x)[0], model(x)[0], atol=0.02)
    first, second = (
        quantization.dequantize_all(part)
        for part in (weights.load(path)[0], character_transformer.to_tensors(again))
    )
    assert first.keys() == model.state_dict().keys()
    assert all(torch.allclose(first[name], second[name], atol=1e-3, rtol=1e-3) for name in first)


def test_bad_sizes_files_and_inputs_are_refused(tmp_path):
    for bad, words in [
        ({"num_heads": 3}, "multiple of 6"),
        ({"width": 0}, "width"),
        ({"positions": "none"}, "positions"),
    ]:
        with pytest.raises(ValueError, match=words):
            tiny(**bad)
    for alphabet, error in [(3, TypeError), ("aa", ValueError), ("", ValueError)]:
        with pytest.raises(error, match="alphabet"):
            CharacterTransformer(alphabet)
    model = tiny()
    with pytest.raises(ValueError, match="13 places"):
        model(torch.zeros(1, 13, dtype=torch.long))
    with pytest.raises(ValueError, match="whole numbers"):
        model(torch.zeros(1, 3))
    for head in ((2, 0), (0, 2), (-1, 0)):  # two layers of two heads, from 0
        with pytest.raises(
            ValueError, match=r"silent is \[.*expected pairs \(layer, head\) from 0, below 2 and 2"
        ):
            model(torch.zeros(1, 3, dtype=torch.long), silent=[head])
    with pytest.raises(ValueError, match="holds"):
        model.encode("x")
    with pytest.raises(TypeError, match="text is a int"):
        model.encode(3)
    with pytest.raises(TypeError, match="expected a d2lite.models.CharacterTransformer"):
        character_transformer.pack(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="so that a page can run it"):
        character_transformer.pack(tiny(context=500))
    with torch.no_grad():
        model.norm.bias[0] = torch.nan
    with pytest.raises(ValueError, match="not finite"):
        character_transformer.save(tmp_path / "x.npz", model)
    with pytest.raises(ValueError, match="format is None"):
        character_transformer.load("gates_cell")
    tensors = character_transformer.to_tensors(tiny())
    about = character_transformer.describe(tiny())
    with pytest.raises(ValueError, match="do not fit"):
        character_transformer.from_tensors(tensors, about | {"width": 16})
    with pytest.raises(ValueError, match="name"):
        character_transformer.pretrained("dickens")


def test_the_shipped_model_reads_as_its_record_says():
    model, record = character_transformer.pretrained()
    assert sum(weight.numel() for weight in model.parameters()) == 91_217
    assert record["provenance"]["command"] == "python tools/record/character_transformer.py model"
    assert abs(record["measured"]["test"] - record["measured"]["test_32_bits"]) < 0.01
