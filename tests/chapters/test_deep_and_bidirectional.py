"""The chapter's networks against torch; its padding bug; its tagger and the recordings against runs made now."""

import pytest
import torch
from torch import nn

import d2lite
from d2lite.models import weights


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/deep_and_bidirectional")
    chapter.run(
        "setup", "names", "classifier", "fit", "writer-net", "writer-loss", "novels", "tagger", "tag-loss"
    )
    chapter.define("both-code", "use-it", "write-names")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("tagging")


@pytest.mark.parametrize(("T", "D", "H"), [(1, 1, 1), (9, 3, 6)])
def test_two_lstms_side_by_side_are_the_bidirectional_one(chapter, T, D, H):
    torch.manual_seed(T)
    theirs = nn.LSTM(D, H, bidirectional=True, batch_first=True).double()
    halves = [nn.LSTM(D, H, batch_first=True).double() for _ in range(2)]
    for half, end in zip(halves, ("", "_reverse"), strict=True):
        half.load_state_dict({name: getattr(theirs, name + end) for name in half.state_dict()})
    x = torch.randn(2, T, D).double()
    assert (chapter["both_ways"](x, *halves) - theirs(x)[0]).abs().max() < 1e-12


def test_packed_names_are_judged_alike_in_every_company(chapter):
    torch.manual_seed(0)
    net = chapter["Classifier"]().eval()
    rows, lengths = chapter["pad"](chapter["test_names"][:40])
    with torch.no_grad():
        alone = torch.cat([net(name[None]) for name in chapter["test_names"][:40]])
        assert (net(rows, lengths) - alone).abs().max() < 1e-6
        longer = nn.functional.pad(rows, (0, 9))
        assert (net(longer, lengths) - alone).abs().max() < 1e-6
        assert (net(longer) - net(rows)).abs().max() > 1e-3  # without the lengths, padding is read


def test_padding_does_not_count_in_the_writers_loss(chapter):
    torch.manual_seed(0)
    net = chapter["Writer"]().eval()
    longest = max(range(len(chapter["names"])), key=lambda k: len(chapter["names"][k]))
    pair = torch.tensor([0, longest])
    each = [chapter["loss_of_writing"](net, pair[k : k + 1]).item() for k in (0, 1)]
    sizes = [len(chapter["names"][k]) + 1 for k in pair.tolist()]
    mean = sum(loss * size for loss, size in zip(each, sizes, strict=True)) / sum(sizes)
    assert chapter["loss_of_writing"](net, pair).item() == pytest.approx(mean, rel=1e-5)


def test_reader_gives_the_two_ends_of_the_top_layer(chapter):
    torch.manual_seed(0)
    reader = chapter["Reader"](20, features=6, units=5, layers=2).eval()
    ids, lengths = chapter["pad"]([torch.randint(0, 20, (n,)) for n in (3, 7)])
    states, whole = reader(ids, lengths)
    assert torch.equal(whole[:, :5], torch.stack([states[0, 2, :5], states[1, 6, :5]]))
    assert torch.equal(whole[:, 5:], states[:, 0, 5:])


def test_words_labels_and_tagger_are_the_recorders(chapter, recorder):
    vocabulary, novels = recorder.prepare()
    assert chapter["vocabulary"].tokens == vocabulary.tokens
    held = novels[recorder.VALIDATION]
    assert all(
        torch.equal(ids, theirs[1]) and torch.equal(labels, theirs[2])
        for (ids, labels), theirs in zip(chapter["held"], held, strict=True)
    )
    for reader, units, both in (("one way", 37, False), ("both ways", 24, True)):
        torch.manual_seed(3)
        ours = chapter["Tagger"](units, both)
        torch.manual_seed(3)
        theirs = recorder.Tagger(reader)
        numbers, lengths, _, is_word = recorder.collate(held[:9])
        assert torch.equal(ours(numbers, lengths)[is_word], theirs(numbers, lengths)[is_word])


def test_counts_and_f1_of_a_tagger_that_knows_all(recorder):
    held = recorder.prepare()[1][recorder.VALIDATION][:200]
    labels = {tuple(ids.tolist()): tags for _, ids, tags in held}

    def oracle(numbers, lengths):
        rows = [labels[tuple(row[:n].tolist())] for row, n in zip(numbers, lengths, strict=True)]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True) - 0.5

    counts = recorder.measure(oracle, held)
    assert counts["found"] == sum(tags.sum() for _, _, tags in held)
    assert counts["invented"] == counts["missed"] == 0
    assert counts["untitled"] == counts["untitled_found"] < counts["found"]
    assert recorder.f1(counts) == 1
    assert recorder.f1({"found": 2, "invented": 1, "missed": 3}) == 0.5


def test_recordings_are_whole_and_their_best_rates_inside_the_grid(recorder):
    tuning = d2lite.Sweep.recorded("tagging")
    assert tuning.axes == {"reader": ["one way", "both ways"], "lr": recorder.RATES}
    assert len(tuning) == 16
    rates = recorder.best_rates()
    assert set(rates.values()) <= set(recorder.RATES[1:-1])
    tests = d2lite.Sweep.recorded("tagging_seeds")
    assert len(tests) == 10
    assert {(run.point["reader"], run.point["lr"]) for run in tests} == set(rates.items())


def test_a_recorded_run_happens_again(recorder):
    recorded = d2lite.Sweep.recorded("tagging_seeds").select(reader="both ways", seed=11)[0]
    now = recorder.train_point("both ways", recorded.point["lr"], "test", seed=11)
    assert abs(now["f1"] - recorded["f1"]) < 0.03
    assert now["train_loss"][:3] == pytest.approx(list(recorded["train_loss"][:3]), abs=0.02)


def test_the_explorers_networks_find_what_their_record_says(recorder):
    tensors, record = weights.load("name_taggers")
    vocabulary, novels = recorder.prepare()
    assert record["words"] == vocabulary.tokens
    for reader, name in (("one way", "one"), ("both ways", "both")):
        net = recorder.Tagger(reader)
        own = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
        net.load_state_dict(recorder.from_eight_bits(own))
        counts = recorder.measure(net, novels[recorder.VALIDATION])
        recorded = record["measured"][name][recorder.VALIDATION]
        assert counts["untitled"] == recorded["untitled"]
        assert abs(counts["found"] - recorded["found"]) < 5
        assert abs(counts["invented"] - recorded["invented"]) < 5
