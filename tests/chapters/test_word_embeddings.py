"""The chapter on word embeddings against loops, NumPy, autograd and SciPy; the page's vectors against those shipped."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from torch import nn

from d2lite import datasets
from d2lite.language import tokens
from d2lite.widgets.embeddings import page_vectors

TEXT = "the tea and the cup and the cat and the tea"
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/word_embeddings")
    chapter.update(torch=torch, nn=nn, F=F, math=math, itertools=itertools, datasets=datasets, tokens=tokens)
    chapter.run("glove", "families", "score-code", "weat")
    chapter.define("analogy-code")
    return chapter


def small(chapter, keep=1.0):
    """Put a small text in the place of the novels."""
    names = sorted(set(WORDS))
    ids = torch.tensor([names.index(word) for word in WORDS])
    share = torch.bincount(ids, minlength=len(names)) / len(ids)
    chapter.update(ids=ids, K=len(names), names=names, share=share)
    chapter.define("pairs", "train")
    chapter.update(keep=torch.full((len(names),), keep))
    return ids


def test_counts_are_those_of_a_loop_over_the_text(chapter):
    chapter.update(datasets=type("Fake", (), {"text": staticmethod(lambda name: TEXT)}))
    try:
        chapter.run("count-code")
    finally:
        chapter.update(datasets=datasets)
    names, counts = chapter["names"], chapter["counts"]
    expected = torch.zeros(len(names), len(names))
    for i, word in enumerate(WORDS):
        for j in range(max(0, i - 4), min(len(WORDS), i + 5)):
            if i != j:
                expected[names.index(word), names.index(WORDS[j])] += 1
    assert torch.equal(counts, expected)
    a, b = names.index("tea"), names.index("cup")
    total, rows, columns = counts.sum(), counts[a].sum(), counts[:, b].sum()
    pmi = math.log(counts[a, b] * total / (rows * columns))
    assert abs(chapter["ppmi"][a, b].item() - max(0, pmi)) < 1e-5


def test_pairs_of_a_window_of_one_are_the_neighbours_both_ways(chapter):
    ids = small(chapter)
    pairs = chapter["draw_pairs"](torch.Generator().manual_seed(0), window=1)
    steps = list(zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True))
    assert sorted(map(tuple, pairs.tolist())) == sorted(steps + [(b, a) for a, b in steps])


def test_near_words_are_paired_more_often(chapter):
    chapter.update(ids=torch.arange(4000), K=4000, share=torch.full((4000,), 1 / 4000))
    chapter.define("pairs")
    chapter.update(keep=torch.ones(4000))
    pairs = chapter["draw_pairs"](torch.Generator().manual_seed(0))
    distances = torch.bincount((pairs[:, 0] - pairs[:, 1]).abs(), minlength=6)
    assert distances[0] == 0
    assert len(distances) == 6  # none beyond the window
    shares = distances[1:] / (2 * 4000)  # the reach is 1 to 5, evenly
    assert (shares - torch.tensor([1.0, 0.8, 0.6, 0.4, 0.2])).abs().max() < 0.03


def test_subsampling_keeps_that_share(chapter):
    small(chapter)
    chapter.update(ids=torch.zeros(20_000, dtype=torch.long), keep=torch.tensor([0.3, 1, 1, 1, 1]))
    pairs = chapter["draw_pairs"](torch.Generator().manual_seed(0), window=1)
    assert abs(len(pairs) / 40_000 - 0.3) < 0.02


def test_training_brings_words_of_one_topic_together(chapter):
    ids = torch.tensor(([0, 1] * 20 + [2, 3] * 20) * 10)
    chapter.update(ids=ids, K=4, share=torch.full((4,), 0.25))
    chapter.define("pairs", "train")
    chapter.update(keep=torch.ones(4))
    v, u = chapter["train"](seed=0, num_epochs=10, D=8, batch_size=256)
    scores = v @ u.T
    assert scores.shape == (4, 4)
    assert min(scores[0, 1], scores[1, 0], scores[2, 3]) > 2 + max(scores[0, 3], scores[1, 2], scores[2, 0])
    cosines = F.normalize(v, dim=1) @ F.normalize(v, dim=1).T
    assert cosines[0, 1] > cosines[0, 2]


def test_the_gradient_of_the_loss_is_that_of_the_text():
    torch.manual_seed(0)
    v, u, others = (torch.randn(shape, requires_grad=True) for shape in ((6,), (6,), (5, 6)))
    loss = -F.logsigmoid(v @ u) - F.logsigmoid(-others @ v).sum()
    by_hand = -(1 - torch.sigmoid(v @ u)) * u + torch.sigmoid(others @ v) @ others
    assert (torch.autograd.grad(loss, v)[0] - by_hand).abs().max() < 1e-6


def test_solve_and_mark_agree_with_numpy(chapter):
    words, glove = chapter["words"], chapter["glove"].double().numpy()
    for a, b, c in (("man", "woman", "king"), ("go", "went", "see"), ("cold", "hot", "summer")):
        rows = [words.index(word) for word in (a, b, c)]
        cosines = glove @ (glove[rows[2]] - glove[rows[0]] + glove[rows[1]])
        assert chapter["solve"](a, b, c, False)[0] == words[cosines.argmax()]
        cosines[rows] = -9
        assert chapter["solve"](a, b, c)[0] == words[cosines.argmax()]
    questions = chapter["pose"](chapter["FAMILIES"]["she"])
    assert questions.shape == (132, 4)
    assert len({tuple(row) for row in questions.tolist()}) == 132
    marks = chapter["mark"](questions)
    for row in (0, 50, 131):
        a, b, c, answer = (words[number] for number in questions[row])
        struck, free = chapter["solve"](a, b, c)[0], chapter["solve"](a, b, c, False)[0]
        assert marks[row].tolist() == [struck == answer, free == answer, free in (a, b, c)]


def test_the_permutation_test_is_that_of_scipy(chapter):
    leans = chapter["leans"].double().numpy()
    test = scipy.stats.permutation_test(
        (leans[:8], leans[8:]), lambda x, y: x.mean() - y.mean(), n_resamples=math.inf, alternative="greater"
    )
    assert abs(test.pvalue - chapter["as_large"] / len(chapter["ways"])) < 1e-9
    spread = np.std(leans, ddof=1)
    assert abs(chapter["effect"].item() - (leans[:8].mean() - leans[8:].mean()) / spread) < 1e-5


def test_the_pages_vectors_keep_the_neighbours_of_those_that_ship():
    names, codes, scales = page_vectors()
    page = codes * scales
    page /= np.linalg.norm(page, axis=1, keepdims=True)
    words, vectors = datasets.word_vectors()
    places = {word: row for row, word in enumerate(words)}
    whole = F.normalize(vectors[[places[name] for name in names]].double(), dim=1).numpy()
    same = []
    for row in range(0, len(names), 10):
        lists = []
        for rows in (page, whole):
            cosines = rows @ rows[row]
            cosines[row] = -9
            lists.append(set(np.argsort(-cosines)[:10].tolist()))
        same.append(len(lists[0] & lists[1]) / 10)
    assert len(names) > 2400
    assert np.mean(same) > 0.93
    assert np.abs(page - whole).max() < 0.03
