"""Recurrent networks: the chapter's cell against nn.RNN and autograd, its recording against a run made now."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from d2lite import datasets
from d2lite.models import character_rnn, weights

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its slow runs left out."""
    chapter = read_chapter("07_rnn/rnn")
    chapter.run("setup", "forward", "backward-code")
    chapter["K"] = 65
    chapter.define(
        "write", "journey", "context", "network", "train", "script", "script-write", "script-learn"
    )
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("character_rnn")


@pytest.mark.parametrize(
    ("features", "units", "classes", "steps"), [(3, 1, 2, 1), (1, 4, 3, 12), (6, 20, 5, 40)]
)
def test_cell_and_backward_are_those_of_torch(chapter, features, units, classes, steps):
    torch.manual_seed(units)
    rnn, readout = nn.RNN(features, units).double(), nn.Linear(units, classes).double()
    with torch.no_grad():
        rnn.weight_hh_l0.mul_(1.5)
    w = {
        "xh": rnn.weight_ih_l0, "hh": rnn.weight_hh_l0, "b_h": rnn.bias_ih_l0 + rnn.bias_hh_l0,
        "hy": readout.weight, "b_y": readout.bias,
    }  # fmt: skip
    x, h = torch.randn(steps, features).double(), torch.randn(units).double().requires_grad_()
    targets = torch.randint(classes, (steps,))
    theirs, last = rnn(x, h[None])
    logits = readout(theirs)
    nn.functional.cross_entropy(logits, targets).backward()
    with torch.no_grad():
        states, ours = chapter["forward"](x, h, w)
        gradients, first = chapter["backward"](x, states, ours, targets, w)
    assert states.shape == (steps + 1, units)
    assert torch.allclose(states[1:], theirs, atol=1e-12)
    assert torch.allclose(states[-1], last[0], atol=1e-12)
    assert torch.allclose(ours, logits, atol=1e-12)
    assert gradients.keys() == w.keys()
    leaves = w | {"b_h": rnn.bias_hh_l0}
    for name, gradient in gradients.items():
        assert torch.allclose(gradient, leaves[name].grad, atol=1e-12), name
        assert gradient.abs().max() > 1e-6
    assert torch.allclose(first, h.grad, atol=1e-12)


def test_norms_back_are_those_of_autograd(chapter):
    W = chapter["random_weights"](1.2, H=6)
    assert torch.linalg.eigvals(W).abs().max().item() == pytest.approx(1.2)
    norms = chapter["norms_back"](W, 0.7, num_steps=9)
    noise = torch.randn(10, 6, generator=torch.Generator().manual_seed(1)).double()
    states = [torch.zeros(6).double().requires_grad_()]
    for t in range(9):
        states.append(torch.tanh(W @ states[-1] + 0.7 * noise[t]))
        states[-1].retain_grad()
    states[-1].backward(noise[-1] / noise[-1].norm())
    assert norms == pytest.approx([s.grad.norm().item() for s in reversed(states)])


def test_writing_follows_the_chances(chapter):
    torch.manual_seed(0)
    model = character_rnn.CharacterRNN("ab ", 4)
    texts = chapter["write"](model, "ab", 1, 0.5, num_texts=20_000)
    shares = [sum(t == c for t in texts) / len(texts) for c in "ab "]
    with torch.no_grad():
        p = (model(model.encode("ab")[:, None])[0][-1, 0] / 0.5).softmax(0)
    assert shares == pytest.approx(p.tolist(), abs=0.015)
    cold = chapter["write"](model, "ab", 12, 1e-4, num_texts=3)
    assert len(set(cold)) == 1
    assert len(cold[0]) == 12


def test_the_recording_says_where_it_comes_from(recorder):
    record = character_rnn.pretrained()[1]
    provenance, measured = record["provenance"], record["measured"]
    assert {"command", "versions", "seed", "cpu_seconds", "date", "machine"} <= provenance.keys()
    steps = provenance["steps"]
    assert steps == recorder.PASSES * (len(recorder.split()[0]) // recorder.STREAMS // recorder.WINDOW)
    assert len(measured["training"]) == steps // recorder.EVERY
    assert measured["training"][-1] < 1.35 < measured["training"][0]
    # 8 bits cost less than half a per cent of the perplexity
    assert measured["test"] == pytest.approx(measured["test_32_bits"], abs=5e-3)


def test_the_shipped_weights_give_the_recorded_perplexity(recorder):
    model, record = character_rnn.pretrained()
    test = recorder.split()[2]
    assert character_rnn.cross_entropy(model.float(), test) == pytest.approx(
        record["measured"]["test"], abs=1e-4
    )


@pytest.mark.nightly
def test_the_beginning_of_the_run_comes_out_again(recorder):
    training, record = recorder.split()[0], character_rnn.pretrained()[1]
    steps = record["provenance"]["steps"]
    curve = recorder.train(recorder.make_model(), training, steps, stop=recorder.EVERY)
    assert curve[0] == pytest.approx(record["measured"]["training"][0], abs=0.02)
    assert curve[0] < math.log(65) - 1


def test_sorting_the_units_changes_no_output(recorder):
    torch.manual_seed(0)
    model = character_rnn.CharacterRNN("ab ", 7)
    text = model.encode("ab ba bab a")[:, None]
    with torch.no_grad():
        before, (states, _) = model(text)[0], model.rnn(nn.functional.one_hot(text, 3).float())
        recorder.sort_units(model, "ab ba bab a abba")
        after, (sorted_states, _) = model(text)[0], model.rnn(nn.functional.one_hot(text, 3).float())
    assert torch.allclose(before, after, atol=1e-6)
    assert not torch.allclose(states, sorted_states)
    one_hot = nn.functional.one_hot(model.encode("ab ba bab a abba"), 3).float()
    h = model.rnn(one_hot)[0].detach()
    slow = [torch.corrcoef(torch.stack([h[1:, i], h[:-1, i]]))[0, 1].item() for i in range(7)]
    assert slow[0] > slow[-1]


def test_test_pages_are_not_among_the_training_pages(chapter, recorder):
    training, validation, test = recorder.split()
    novels = character_rnn.clean(datasets.text("austen"))
    assert training + validation + test == novels
    scope = {"character_rnn": character_rnn, "datasets": datasets}
    lines = [
        line
        for line in chapter.sources["temperatures"].splitlines()
        if line.startswith(("novels", "first", "training"))
    ]
    exec("\n".join(lines), scope)
    assert (scope["training"], scope["validation"], scope["test"]) == (training, validation, test)


def test_context_is_what_comes_right_before(chapter):
    torch.manual_seed(0)
    model = character_rnn.CharacterRNN("ab ", 5)
    ids = model.encode("ab ba ab bb a")
    found = chapter["losses_after"](model, ids, torch.tensor([4, 9]), 3)
    for loss, end in zip(found, (4, 9), strict=True):
        with torch.no_grad():
            scores = model(ids[end - 3 : end, None])[0][-1, 0]
        assert loss.item() == pytest.approx(nn.functional.cross_entropy(scores, ids[end]).item(), abs=1e-6)


def test_the_script_learns_any_text_and_writes_in_its_alphabet(chapter, capsys):
    torch.manual_seed(0)
    writer = chapter["learn"]("the cat sat on the mat. " * 200, num_steps=200, num_hiddens=16, streams=4)
    assert "step 200: perplexity" in capsys.readouterr().out
    assert chapter["perplexity_on"](writer, "the cat sat on the mat. " * 40) < 1.5 < len(writer.alphabet)
    written = chapter["write_on"](writer, "the ", 40)
    assert len(written) == 44
    assert set(written) <= set(writer.alphabet)


def run_writer(*arguments):
    command = [sys.executable, ROOT / "chapters" / "07_rnn" / "writer.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_file_to_download_is_the_script_of_the_chapter(chapter):
    parts = [chapter.sources[cell].strip() for cell in ("script", "script-write", "script-learn")]
    source = (ROOT / "chapters" / "07_rnn" / "writer.py").read_text("utf-8")
    head, tail = source.split("\n\n\n".join(parts))
    assert "def " not in head
    assert tail.lstrip().startswith("def main():")
    assert "](writer.py)" in chapter.sources["use"]


def test_the_file_to_download_learns_a_text_file(tmp_path):
    file = tmp_path / "my.txt"
    file.write_text("the cat sat on the mat. " * 500, "utf-8")
    done = run_writer(file, "--steps", "3")
    assert done.returncode == 0, done.stderr
    assert "step 3: perplexity" in done.stdout
    for temperature in ("0.5", "1.0"):
        assert f"--- temperature {temperature}\nthe" in done.stdout


def test_the_file_to_download_reads_what_only_the_last_tenth_has(tmp_path):
    """Its characters count in the perplexity, and may stand in a prompt; a console that lacks them stops nothing."""
    file = tmp_path / "my.txt"
    file.write_text("a b " * 3000 + "Ω" * 1200, "utf-8")
    command = [
        sys.executable,
        ROOT / "chapters" / "07_rnn" / "writer.py",
        file,
        "--steps",
        "3",
        "--prompt",
        "Ω",
    ]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("write_on", {"prompt": "the dog"}, "the writer has never seen 'dg'"),
        ("write_on", {"prompt": ""}, "expected a prompt"),
        ("write_on", {"prompt": "the", "temperature": 0}, "a temperature above 0"),
        ("write_on", {"prompt": "the", "temperature": float("nan")}, "a temperature above 0"),
        ("write_on", {"prompt": "the", "count": -1}, "a count from 0 up"),
        ("perplexity_on", {"text": "the dog " * 40}, "the writer has never seen 'dg'"),
    ],
)
def test_the_script_refuses_what_it_cannot_read(chapter, name, arguments, message):
    writer = chapter["Writer"](" acehmnost.", 4)
    with pytest.raises(ValueError, match=message):
        chapter[name](writer, **arguments)


@pytest.mark.parametrize(("text", "num_steps"), [("short", 2), ("the cat " * 200, 0)])
def test_the_script_says_before_it_trains_what_is_too_little(chapter, text, num_steps):
    with pytest.raises(ValueError, match="expected more"):
        chapter["learn"](text, num_steps)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("too short", [], "9 characters: expected a text of at least 10,000"),
        (" \n" * 6000, [], "nothing but white space: expected a text of at least 10,000"),
        ("a b " * 3000, ["--steps", "0"], "--steps is 0: expected a whole number from 1 up"),
        ("a b " * 3000, ["--prompt", "xyz"], "the prompt 'xyz' is empty, or has what"),
        ("a b " * 3000, ["--prompt", ""], "the prompt '' is empty, or has what"),
        (None, [], "my.txt is no file"),
    ],
)
def test_the_file_to_download_refuses_what_it_cannot_use(tmp_path, text, options, message):
    file = tmp_path / "my.txt"
    if text:
        file.write_text(text, "utf-8")
    done = run_writer(file, *options)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_clipped_run_at_any_rate_takes_steps_of_one_length(chapter):
    """What the chapter says of its run of rate 3 and limit 0.3: only their product counts where the limit binds."""
    ends = []
    for lr, clip in ((3.0, 3e-4), (3000.0, 3e-7)):
        torch.manual_seed(0)
        network = chapter["Network"](4, 6)
        batches = [(torch.randint(6, (2, 5)), torch.randint(6, (2, 5))) for _ in range(8)]
        _, norms, _ = chapter["train"](network, torch.optim.SGD(network.parameters(), lr), batches, clip)
        assert min(norms) > clip
        ends.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.allclose(*ends, atol=1e-4)


@pytest.fixture(scope="module")
def writing(read_recorder):
    return read_recorder("writing")


def test_the_texts_say_where_they_come_from(writing):
    tensors, record = weights.load("austen_writing")
    assert {"command", "versions", "seeds", "cpu_seconds", "date", "machine"} <= record["provenance"].keys()
    _, shipped = character_rnn.pretrained()
    assert record["steps"] == [*writing.STEPS, shipped["provenance"]["steps"]]
    assert tuple(tensors["texts"].shape[1:]) == (len(writing.TEMPERATURES), writing.TEXTS, writing.LENGTH)
    # the same training, but for rounding
    validation = dict(zip(record["steps"], record["measured"]["validation"], strict=True))
    for step, loss in shipped["measured"]["validation"]:
        if step in validation:
            assert validation[step] == pytest.approx(loss, abs=0.02)
    assert {5000, 10_000} <= validation.keys()
    assert record["measured"]["test"][-1] == pytest.approx(shipped["measured"]["test"], abs=1e-4)


def test_the_first_checkpoints_come_out_again(writing, recorder):
    training, _, test = recorder.split()
    tensors, record = weights.load("austen_writing")
    for seed, run in ((0, record["measured"]), (1, record["other_seeds"][0])):
        states = writing.checkpoints(writing.start(seed), training, [0, 10, 20])
        assert list(states) == [0, 10, 20]
        for k, state in enumerate(states.values()):
            loss = character_rnn.cross_entropy(writing.network(state), test[:40_000])
            assert loss == pytest.approx(run["test"][k], abs=0.03)
        if seed == 0:
            texts = writing.draw_texts(writing.network(states[0]).double(), 0.5, range(3), 40)
            assert torch.equal(texts, tensors["texts"][0, 0, :, :40].long())


def test_the_last_texts_are_those_of_the_shipped_network(writing):
    tensors, _ = weights.load("austen_writing")
    texts = writing.draw_texts(character_rnn.pretrained()[0], 1.0, range(3), writing.LENGTH)
    assert torch.equal(texts, tensors["texts"][-1, 1].long())


def test_words_that_the_novels_lack_are_marked(writing):
    words = {"she", "don't", "walk", "walking"}
    assert writing.strange("She shewalk", words) == [0] * 4 + [1] * 7
    assert writing.strange("don't! xy, wal", words) == [0] * 7 + [1, 1] + [0] * 5  # the last is cut off
    assert writing.looks(["She xy wal"], words) == {"spaces": 0.2, "known": 0.5}


@pytest.fixture(scope="module")
def writing_two(read_recorder):
    return read_recorder("writing_two")


AUTHORS = ("shakespeare", "python")


def read_or_skip(recorder, author):
    """The text of an author; programs are those of the pinned torch, and another has others."""
    recorded = weights.load("python_writing")[1]["provenance"]["versions"]["torch"].split("+")[0]
    if author == "python" and torch.__version__.split("+")[0] != recorded:
        pytest.skip(f"the recording has read the programs of torch {recorded}")
    return recorder.read_text(author)


@pytest.mark.parametrize("author", AUTHORS)
def test_the_other_writers_say_where_they_come_from(writing_two, writing, author):
    tensors, record = weights.load(f"{author}_writing")
    provenance = record["provenance"]
    assert {"command", "versions", "seed", "cpu_seconds", "date", "machine"} <= provenance.keys()
    assert provenance["digest"] == writing_two.DIGEST[author]
    assert record["steps"] == [*writing_two.STEPS, writing_two.TOTAL]
    shape = (len(record["steps"]), len(writing.TEMPERATURES), writing.TEXTS, writing.LENGTH)
    assert tuple(tensors["texts"].shape) == tuple(tensors["strange"].shape) == shape
    assert record["prompt"] == writing_two.PROMPTS[author]
    assert character_rnn.pretrained(author)[1]["provenance"] == provenance


@pytest.mark.parametrize("author", AUTHORS)
def test_their_first_checkpoints_come_out_again(writing_two, writing, author):
    training, _, test = writing_two.split(read_or_skip(writing_two, author))
    tensors, record = weights.load(f"{author}_writing")
    model = writing_two.make_model(record["alphabet"], 0)
    states = writing.checkpoints(model, training, [0, 10, 20], writing_two.TOTAL)
    assert list(states) == [0, 10, 20]
    for k, state in enumerate(states.values()):
        model.load_state_dict(state)
        loss = character_rnn.cross_entropy(model, test[: writing_two.MEASURED])
        assert loss == pytest.approx(record["measured"]["test"][k], abs=0.03)
    model.load_state_dict(states[0])
    texts = writing.draw_texts(model.double(), 0.5, range(3), 40, record["prompt"])
    assert torch.equal(texts, tensors["texts"][0, 0, :, :40].long())


@pytest.mark.parametrize("author", AUTHORS)
def test_their_last_texts_and_numbers_are_those_of_the_shipped_network(writing_two, writing, author):
    tensors, record = weights.load(f"{author}_writing")
    model, shipped = character_rnn.pretrained(author)
    texts = writing.draw_texts(model, 1.0, range(3), writing.LENGTH, record["prompt"])
    assert torch.equal(texts, tensors["texts"][-1, 1].long())
    training, _, test = writing_two.split(read_or_skip(writing_two, author))
    assert record["alphabet"] == "".join(sorted(set(training)))
    loss = character_rnn.cross_entropy(model.float(), test[: writing_two.MEASURED])
    assert math.exp(loss) == pytest.approx(shipped["measured"]["network"], rel=1e-3)
    if author == "python":
        seeds = range(1000, 1000 + writing_two.DRAWN)
        drawn = writing.draw_texts(model.double(), 1.0, seeds, writing_two.LONG, record["prompt"])
        found = writing_two.syntax(writing.spell(model.alphabet, drawn), training)
        assert found == record["compared"]["network"]


def test_what_counts_write_comes_out_again(writing_two):
    training = writing_two.split(read_or_skip(writing_two, "python"))[0]
    record = weights.load("python_writing")[1]["compared"]
    seeds = range(1000, 1000 + writing_two.DRAWN)
    texts = writing_two.PlainCounts(training, 10).draw(seeds, writing_two.LONG)
    found = writing_two.syntax(texts, training)
    assert found == record["counts"][record["contexts"].index(10)]


def test_a_text_that_is_another_is_refused(writing_two, monkeypatch):
    monkeypatch.setattr(writing_two, "python_text", lambda: "print()")
    with pytest.raises(RuntimeError, match="is this the pinned version of torch"):
        writing_two.read_text("python")


def test_plain_counts_draw_what_followed(writing_two):
    text = "abcabdabc" * 50
    drawn = writing_two.PlainCounts(text, 2).draw(range(400), 3)
    assert {len(found) for found in drawn} == {3}
    for found in drawn:
        assert found in text  # runs of two and what follows: of three letters all stand in the text
    after = [found[2] for found in drawn if found.startswith("ab")]
    assert after.count("c") / len(after) == pytest.approx(2 / 3, abs=0.12)
    assert set(after) == {"c", "d"}


def test_brackets_and_blocks_are_counted(writing_two, monkeypatch):
    assert writing_two.closes_after("f(a[0])", 1) == 5
    assert writing_two.closes_after("f(a[0])", 3) == 2
    assert writing_two.closes_after("f(a]", 1) is None
    assert writing_two.closes_after("f(a", 1) is None
    monkeypatch.setattr(writing_two, "REACH", 8)
    found = writing_two.brackets(["(a) [b} (" + " " * 20])
    assert found == {"opened": 3, "closed": 1 / 3}
    program = "x\nif a:\n    b\n\n    for c in d:\n    e\nelse:\n\n    f\nlast"
    assert writing_two.indentation([program]) == {"blocks": 3, "indented": 2 / 3}
