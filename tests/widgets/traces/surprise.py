"""Traces of one logit's losses and slopes by torch: the oracle of surprise/model.js."""

import torch
import torch.nn.functional as F


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    found = []
    for y in (0, 1):
        z = torch.linspace(-10, 10, 41, dtype=torch.float64, requires_grad=True)
        target = torch.full_like(z, y)
        losses = [
            F.binary_cross_entropy_with_logits(z, target, reduction="none"),
            F.mse_loss(torch.sigmoid(z), target, reduction="none"),
        ]
        slopes = [torch.autograd.grad(loss.sum(), z, retain_graph=True)[0] for loss in losses]
        for name, pair in (("lossesOf", losses), ("slopesOf", slopes)):
            found.append(
                {
                    "name": f"{name}, label {y}",
                    "js": f"(model, zs) => zs.map((z) => model.{name}(z, {y}))",
                    "input": z.tolist(),
                    "expected": torch.stack(pair, dim=1).tolist(),
                }
            )
    return found
