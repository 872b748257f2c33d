"""Teach a recurrent network to write like a text file, character by character.

    python writer.py my.txt
    python writer.py my.txt --steps 20000 --prompt "The "

Needs PyTorch, and no more. A megabyte of text is good. What stands above `main` is the
script of the chapter on recurrent networks, section "Use it": a test holds them together.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot


class Writer(nn.Module):
    """A recurrent network that reads and writes the characters of an alphabet."""

    def __init__(self, alphabet, num_hiddens=128):
        super().__init__()
        self.alphabet, K = alphabet, len(alphabet)
        self.rnn = nn.RNN(K, num_hiddens, batch_first=True)
        self.readout = nn.Linear(num_hiddens, K)
        nn.init.orthogonal_(self.rnn.weight_hh_l0)

    def encode(self, text):
        if unknown := sorted(set(text) - set(self.alphabet)):
            raise ValueError(f"the writer has never seen {''.join(unknown)!r}")
        place = {c: i for i, c in enumerate(self.alphabet)}
        return torch.tensor([place[c] for c in text])

    def forward(self, characters, state=None):
        states, state = self.rnn(one_hot(characters, len(self.alphabet)).float(), state)
        return self.readout(states), state

    def loss(self, characters, state=None):
        """Of (B, T + 1) characters: each is to be told from those before it."""
        logits, state = self(characters[:, :-1], state)
        return cross_entropy(logits.flatten(0, 1), characters[:, 1:].flatten()), state


@torch.no_grad()
def write_on(writer, prompt, count=300, temperature=0.7):
    if not (prompt and temperature > 0 and count >= 0):
        raise ValueError("expected a prompt, a temperature above 0, a count from 0 up")
    characters, state, text = writer.encode(prompt)[None], None, prompt
    for _ in range(count):
        logits, state = writer(characters, state)
        characters = torch.multinomial((logits[:, -1] / temperature).softmax(1), 1)
        text += writer.alphabet[characters.item()]
    return text


@torch.no_grad()
def perplexity_on(writer, text, num_rows=20):
    ids = writer.encode(text)
    rows = ids[: len(ids) // num_rows * num_rows].view(num_rows, -1)
    return writer.loss(rows[:, :2000])[0].exp().item()


def learn(text, num_steps=5000, num_hiddens=128, window=32, streams=32, rate=8e-3):
    """Return a Writer that was trained on the first nine tenths of a text."""
    known, kept_out = text[: len(text) * 9 // 10], text[len(text) * 9 // 10 :]
    if len(known) < streams * (window + 1) or len(kept_out) < 40 or num_steps < 1:
        raise ValueError(f"{len(text)} characters, {num_steps} steps: expected more")
    writer = Writer("".join(sorted(set(text))), num_hiddens)
    ids = writer.encode(known)
    rows = ids[: len(ids) // streams * streams].view(streams, -1)  # (B, N)
    optimizer = torch.optim.Adam(writer.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, num_steps + 1, cycle_momentum=False
    )
    state, at = None, 0
    for step in range(1, num_steps + 1):
        if at + window + 1 > rows.shape[1]:
            state, at = None, 0  # from the beginning again
        loss, state = writer.loss(rows[:, at : at + window + 1], state)
        state, at = state.detach(), at + window
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 1000 == 0 or step == num_steps:
            print(f"step {step}: perplexity {loss.exp():.2f},", end=" ")
            print(f"on the text kept out {perplexity_on(writer, kept_out):.2f}")
    return writer


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path, help="a text file")
    parser.add_argument("--steps", type=int, default=5000, help="of the training (5000)")
    parser.add_argument("--prompt", help="what it goes on from (the file's first word)")
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"{options.file} is no file")
    text = options.file.read_text("utf-8", errors="replace")
    if len(text) < 10_000 or not text.strip():
        size = f"{len(text)} characters" if text.strip() else "nothing but white space"
        parser.error(f"{options.file} has {size}: expected a text of at least 10,000")
    if options.steps < 1:
        parser.error(f"--steps is {options.steps}: expected a whole number from 1 up")
    prompt = text.split()[0][:40] if options.prompt is None else options.prompt
    if not prompt or not set(prompt) <= set(text):
        parser.error(f"the prompt {prompt!r} is empty, or has what {options.file} lacks")
    sys.stdout.reconfigure(errors="replace")  # a console may lack the text's characters
    torch.manual_seed(0)
    writer = learn(text, options.steps)
    for temperature in (0.5, 1.0):
        print(f"\n--- temperature {temperature}")
        print(write_on(writer, prompt, 600, temperature))


if __name__ == "__main__":
    main()
