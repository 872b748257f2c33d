"""Attention: the chapter's layers against torch and the package's, its recordings against runs made now."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import d2lite
from d2lite.models import CharacterTransformer, character_transformer


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its training left out."""
    chapter = read_chapter("07_rnn/attention")
    chapter.run("setup", "layer-run", "order-rotary", "train-block")
    chapter.define("order-plot")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("character_transformer")


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 2), (2, 3, 9, 4), (2, 2, 1, 8)])
def test_attend_is_that_of_torch(chapter, shape, causal):
    torch.manual_seed(len(shape))
    q, k, v = (torch.randn(shape, dtype=torch.float64) for _ in range(3))
    read, weights = chapter["attend"](q, k, v, causal)
    assert torch.allclose(read, F.scaled_dot_product_attention(q, k, v, is_causal=causal), atol=1e-12)
    assert torch.allclose(weights.sum(-1), torch.ones(shape[:-1], dtype=torch.float64))
    assert not causal or weights.triu(1).abs().max() == 0


@pytest.mark.parametrize(("width", "heads", "length"), [(4, 1, 3), (12, 3, 7), (32, 8, 20)])
def test_multi_head_is_nn_multihead_attention(chapter, width, heads, length):
    torch.manual_seed(width)
    theirs = nn.MultiheadAttention(width, heads, batch_first=True).double()
    qkv = nn.Linear(width, 3 * width).double()
    qkv.load_state_dict({"weight": theirs.in_proj_weight, "bias": theirs.in_proj_bias})
    x = torch.randn(2, length, width, dtype=torch.float64)
    mask = torch.ones(length, length, dtype=torch.bool).triu(1)
    for causal in (True, False):
        expected = theirs(x, x, x, attn_mask=mask if causal else None, average_attn_weights=False)
        for ours, wanted in zip(
            chapter["multi_head"](x, qkv, theirs.out_proj, heads, causal), expected, strict=True
        ):
            assert torch.allclose(ours, wanted, atol=1e-12)


def test_rotate_is_the_packages_and_sinusoids_are_those_of_the_paper(chapter):
    x = torch.randn(2, 3, 40, 12)
    assert torch.allclose(chapter["rotate"](x), character_transformer.rotate(x), atol=1e-4)
    table = chapter["sinusoids"](50, 8).double()
    position, i = torch.arange(50, dtype=torch.float64)[:, None], torch.arange(4, dtype=torch.float64)
    angles = position / 10000 ** (2 * i / 8)  # Vaswani et al., section 3.5
    assert torch.allclose(table[:, 0::2], angles.sin(), atol=1e-5)
    assert torch.allclose(table[:, 1::2], angles.cos(), atol=1e-5)


def test_the_chapters_network_is_the_packages(chapter):
    torch.manual_seed(0)
    net = chapter["Transformer"](5, D=16, num_layers=2, num_heads=4)
    model = CharacterTransformer("ab c\n", width=16, num_layers=2, context=30)
    model.load_state_dict(net.state_dict())
    x = torch.randint(0, 5, (3, 30))
    assert torch.allclose(net(x), model(x)[0], atol=1e-5)


def test_rivals_have_as_many_weights(recorder):
    sizes = [sum(w.numel() for w in recorder.make_model(rival)[0].parameters()) for rival in recorder.RIVALS]
    assert max(sizes) < 1.001 * min(sizes)
    assert [recorder.make_model(rival)[1] for rival in recorder.RIVALS] == [400, 400, 1200]


def test_a_recorded_run_happens_again(recorder):
    (recorded,) = d2lite.Sweep.recorded("transformer_tuning").select(rival="lstm", lr=3.2e-2, seed=1)
    now = recorder.train_point("lstm", 3.2e-2, seed=1)
    assert now["loss"] == pytest.approx(recorded["loss"], rel=0.01)
    assert now["by_place"] == pytest.approx(recorded["by_place"], rel=0.02)


def test_the_transformers_run_begins_as_recorded(recorder):
    (recorded,) = d2lite.Sweep.recorded("transformer_test").select(rival="transformer", seed=101)
    seen = []

    def report(step, losses):
        if step == 40:
            seen.extend(losses)
            raise StopIteration

    torch.manual_seed(101)
    model, steps = recorder.make_model("transformer")
    with pytest.raises(StopIteration):
        recorder.train(model, recorded.point["lr"], steps, report)
    assert sum(seen) / 40 == pytest.approx(recorded["train_loss"][0], rel=1e-3)


def test_recordings_are_whole(recorder):
    tuning, test = (d2lite.Sweep.recorded(f"transformer_{name}") for name in ("tuning", "test"))
    assert len(list(tuning)) == len(recorder.GRID) * len(recorder.SEEDS)
    chosen = recorder.chosen(tuning)
    assert {(run.point["rival"], run.point["lr"]) for run in test} == {(p["rival"], p["lr"]) for p in chosen}
    assert set(test.seeds) == set(recorder.TEST_SEEDS)
    cost = d2lite.Sweep.recorded("transformer_cost")
    assert cost.axes == {"rival": recorder.RIVALS[:2], "length": recorder.LENGTHS}


def test_the_shipped_models_loss_is_that_of_its_record(recorder):
    model, record = character_transformer.pretrained()
    text = recorder.load_texts()[2]
    assert recorder.measure(model.float(), text)["loss"] == pytest.approx(
        record["measured"]["test"], abs=1e-4
    )
