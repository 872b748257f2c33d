"""A small U-Net: the network, its weights in 8 bits, and the trained one that ships."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from d2lite._utils.checks import check_choice, check_count
from d2lite._utils.encoding import to_base64
from d2lite._utils.state import keep_draws
from d2lite._utils.tensors import check_layers, check_weights, is_traced
from d2lite.models import weights
from d2lite.models.quantization import SCALE, dequantize, quantize_all

LABELS = ("background", "top or dress", "trousers", "shoe", "bag")
GROUPS = (
    0,
    1,
    2,
    1,
    1,
    1,
    3,
    1,
    3,
    4,
    3,
)  # of `Scenes.class_masks`: 0 is background, then Fashion-MNIST's ten
SCENES = {"size": 48, "max_items": 3, "item_sizes": (0.3, 0.6)}  # what the network that ships was trained on
_BIAS = ".bias"  # after a layer's name, the name of its biases in the file of weights


class UNet(nn.Module):
    """A network that halves its maps, doubles them again, and labels every pixel.

    On the way down, two 3 x 3 convolutions with batch norm and ReLU at each size, then max pooling; on the way up, a
    transposed convolution (2 x 2, stride 2), the maps of the same size from the way down joined on, two convolutions.

    Args:
        channels_in: of the image.
        num_classes: K, the logits of each pixel.
        widths: channels at each size, the largest maps first; two or more.
        skips: whether maps of the way down are joined on. If not, the transposed convolutions make twice as many
            channels, so that all other layers stay as they are.

    Raises:
        ValueError: a number does not fit.

    Shape:
        (B, C, H, W) float to (B, K, H, W) logits; H and W multiples of 2 ** (len(widths) - 1).

    Source: Ronneberger, Fischer and Brox 2015, figure 1, narrower, padded and with batch norm. Taught in
    chapters/06_cnn/segmentation.
    """

    def __init__(self, channels_in=3, num_classes=5, widths=(8, 16, 24, 32), skips=True):
        super().__init__()
        if not isinstance(widths, list | tuple) or len(widths) < 2:
            raise ValueError(f"widths is {widths!r}: expected two or more numbers of channels")
        widths = [check_count(width, "widths") for width in widths]
        check_choice(skips, (True, False), "skips")
        channels_in, num_classes = (
            check_count(channels_in, "channels_in"),
            check_count(num_classes, "num_classes"),
        )
        inputs, joined, self.skips = [channels_in, *widths[:-1]], 1 if skips else 2, bool(skips)
        self.shape = {
            "channels_in": channels_in,
            "num_classes": num_classes,
            "widths": widths,
            "skips": self.skips,
        }
        self.down = nn.ModuleList(map(_convolutions, inputs, widths))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(low, joined * high, 2, stride=2) for high, low in itertools.pairwise(widths)
        )
        self.join = nn.ModuleList(_convolutions(2 * width, width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], num_classes, 1)

    def forward(self, images):
        _check_images(images, self.down[0][0], 2 ** len(self.up))
        maps, kept = images, []
        for level, convolutions in enumerate(self.down):
            maps = convolutions(F.max_pool2d(maps, 2) if level else maps)
            kept.append(maps)
        for level in reversed(range(len(self.up))):
            maps = self.up[level](maps)  # (B, C', H / 2, W / 2) -> (B, C, H, W)
            maps = torch.cat([kept[level], maps], 1) if self.skips else maps  # (B, 2 C, H, W)
            maps = self.join[level](maps)
        return self.head(maps)


def _convolutions(n_in, n_out):
    """Return two 3 x 3 convolutions, each with batch norm and ReLU."""
    layers = []
    for channels in (n_in, n_out):
        convolution = nn.Conv2d(channels, n_out, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers)


def _check_images(images, layer, least):
    if is_traced(images):
        return
    if not torch.is_tensor(images) or not images.is_floating_point():
        kind = images.dtype if torch.is_tensor(images) else type(images).__name__
        raise ValueError(f"images is of {kind}: expected a tensor of floats; divide bytes by 255")
    shape, weight = tuple(images.shape), layer.weight
    channels = weight.shape[1]
    if len(shape) != 4 or shape[1] != channels or any(side % least or not side for side in shape[2:]):
        raise ValueError(
            f"images has shape {shape}: expected (B, {channels}, H, W), H and W multiples of {least}; pad or crop"
        )
    if images.dtype != weight.dtype and not torch.is_autocast_enabled(images.device.type):
        raise ValueError(f"images has dtype {images.dtype}: expected the network's {weight.dtype}")


def _stages(net):
    """Yield (name, convolution, its batch norm or None) in the order of the network's `state_dict`."""
    for part in ("down", "join"):
        for level, stage in enumerate(getattr(net, part)):
            for k in (0, 3):
                yield f"{part}.{level}.{k}", stage[k], stage[k + 1]
    for level, layer in enumerate(net.up):
        yield f"up.{level}", layer, None
    yield "head", net.head, None


def to_tensors(net):
    """Return a U-Net in 8 bits, batch norm folded in, as `d2lite.models.weights.save` takes it.

    Args:
        net: `UNet`, left as it is.

    Returns:
        dict of name to tensor: for each layer int8 steps (O, I, k, k), float32 ".scale" (O,) and ".bias" (O,). Of a
        transposed convolution, too, the output channels come first.

    Raises:
        TypeError: it is no `UNet`.
        ValueError: a weight is not finite, or computed from others.

    Source: Jacob et al. 2018, sections 2.1 and 3.2 (folding), weights only.
    """
    if not isinstance(net, UNet):
        raise TypeError(f"net is a {type(net).__name__}: expected a d2lite.models.unet.UNet")
    check_weights(net, "net")
    check_layers(net, lambda: UNet(**net.shape), "net")
    folded, biases = {}, {}
    for name, layer, norm in _stages(net):
        weight = layer.weight.detach().cpu().double()
        if norm is None:
            weight = weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight
            bias = layer.bias.detach().cpu().double()
        else:
            mean, variance, gain, shift = (
                part.detach().cpu().double()
                for part in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
            )
            factor = gain / (variance + norm.eps).sqrt()  # (O,)
            weight, bias = weight * factor[:, None, None, None], shift - mean * factor
        folded[name], biases[name + _BIAS] = weight, bias.float()
    return quantize_all(folded) | biases


def from_tensors(tensors, dtype=torch.float32, **shape):
    """Return the U-Net in evaluation mode that the tensors of `to_tensors` stand for; its batch norms only add biases.

    Args:
        tensors: what `to_tensors` returned.
        dtype: of its weights.
        shape: arguments of `UNet`.

    Raises:
        ValueError: the tensors are those of another shape.
    """
    with keep_draws():
        net = UNet(**shape).to(dtype).eval()
    try:
        with torch.no_grad():
            for name, layer, norm in _stages(net):
                weight = dequantize(tensors[name], tensors[name + SCALE])
                if isinstance(layer, nn.ConvTranspose2d):
                    weight = weight.transpose(0, 1)
                layer.load_state_dict(
                    {"weight": weight} | ({"bias": tensors[name + _BIAS]} if norm is None else {})
                )
                if norm is not None:
                    norm.bias.copy_(tensors[name + _BIAS])
                    norm.running_var.fill_(1 - norm.eps)
    except (LookupError, RuntimeError) as error:
        raise ValueError(
            f"tensors holds no U-Net of shape {shape} ({error}): expected what to_tensors made of one"
        ) from error
    return net


def pretrained():
    """Return the U-Net that ships with the package, trained on composed scenes, and the record of its training.

    Returns:
        (net, record): a `UNet` in evaluation mode, its weights from 8 bits, for scenes made with `SCENES`; and a dict:
        "shape", "losses" (means over "every" steps), "test" (what it scored on scenes of test items) and provenance.

    Taught in chapters/06_cnn/segmentation.
    """
    tensors, record = weights.load("unet")
    return from_tensors(tensors, **record["shape"]), record


def payload(tensors):
    """Return what a page needs of a U-Net with skips: its layers in the order they run, weights in base64.

    Args:
        tensors: what `to_tensors` returned.

    Returns:
        list of dicts: "kind" ("conv", "pool" or "up"), "from" (maps it reads, joined; 0 is the image, k what layer k
        made), and for the first and last "shape" (O, I, k, k), "relu", "codes", "scales", "biases".

    Raises:
        ValueError: the U-Net has no skips.
    """
    levels = 1 + sum(name.startswith("up.") and name.count(".") == 1 for name in tensors)
    if len(tensors["up.0"]) != len(tensors["down.0.3"]):
        raise ValueError("tensors holds a U-Net without skips: expected one with them, which a page runs")
    layers = []

    def add(kind, sources, name=None, relu=False):
        layer = {"kind": kind, "from": sources}
        if name:
            layer |= {"shape": list(tensors[name].shape), "relu": relu}
            parts = {"codes": name, "scales": name + SCALE, "biases": name + _BIAS}
            layer |= {key: to_base64(tensors[part]) for key, part in parts.items()}
        layers.append(layer)
        return len(layers)

    at, kept = 0, []
    for level in range(levels):
        at = add("pool", [at]) if level else at
        at = add("conv", [at], f"down.{level}.0", True)
        at = add("conv", [at], f"down.{level}.3", True)
        kept.append(at)
    for level in reversed(range(levels - 1)):
        at = add("up", [at], f"up.{level}")
        at = add("conv", [kept[level], at], f"join.{level}.0", True)
        at = add("conv", [at], f"join.{level}.3", True)
    add("conv", [at], "head")
    return layers


def pretrained_payload():
    """Return the layers of the U-Net that ships, as `payload` makes them."""
    return payload(weights.load("unet")[0])
