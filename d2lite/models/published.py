"""The networks that shaped the field, as they were published: for counting, and to be trained by who has the machines.

Make them without memory for the weights: ``with torch.device("meta"): net = published.vgg16()``. The weights of AlexNet
(2014), VGG-16, ResNet-50 and DenseNet-121 have torchvision's names: the ``state_dict()`` of its network can be loaded.
"""

import contextlib
import functools

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from d2lite._utils.checks import check_count


def _conv(before, after, kernel_size, **settings):
    return [nn.Conv2d(before, after, kernel_size, **settings), nn.ReLU(inplace=True)]


class _Classifier(nn.Module):
    """Feature maps, pooled to a fixed size, then fully connected layers."""

    def __init__(self, features, pooled, classifier):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.avgpool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def lenet5(num_classes=10):
    """Return LeNet-5 for (B, 1, 28, 28) images: 61,706 parameters.

    With full connections, ReLU, max pooling and a linear output, as in chapters/06_cnn/lenet.

    Source: LeCun et al. 1998.
    """
    num_classes = check_count(num_classes, "num_classes")
    return nn.Sequential(
        *_conv(1, 6, 5, padding=2),
        nn.MaxPool2d(2),
        *_conv(6, 16, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, num_classes),
    )


def alexnet(year=2014, num_classes=1000):
    """Return AlexNet for (B, 3, 224, 224) images.

    Args:
        year: 2014 for one GPU, as in its author's code and torchvision (61,100,840 parameters; the paper names 384
            maps for the fourth convolution, the code has 256); 2012 for the first paper's, whose second, fourth and
            fifth convolution are in two groups, one on each GPU (60,965,224). Its local response normalization is
            there, and has no parameters.
        num_classes: width of the last layer.

    Raises:
        ValueError: another year.

    Source: Krizhevsky, Sutskever and Hinton 2012; Krizhevsky 2014. Taught in chapters/06_cnn/alexnet_and_vgg.
    """
    num_classes = check_count(num_classes, "num_classes")
    if year not in (2012, 2014):
        raise ValueError(f"year is {year!r}: expected 2012 or 2014")
    first, second, fourth, groups = (96, 256, 384, 2) if year == 2012 else (64, 192, 256, 1)
    norm = [nn.LocalResponseNorm(5, alpha=5e-4, k=2)] if year == 2012 else []
    features = [
        *_conv(3, first, 11, stride=4, padding=2),
        *norm,
        nn.MaxPool2d(3, 2),
        *_conv(first, second, 5, padding=2, groups=groups),
        *norm,
        nn.MaxPool2d(3, 2),
        *_conv(second, 384, 3, padding=1),
        *_conv(384, fourth, 3, padding=1, groups=groups),
        *_conv(fourth, 256, 3, padding=1, groups=groups),
        nn.MaxPool2d(3, 2),
    ]
    classifier = [nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True)]
    classifier += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, num_classes)]
    return _Classifier(features, (6, 6), classifier)


def vgg16(num_classes=1000):
    """Return VGG-16 for (B, 3, 224, 224) images: 138,357,544 parameters.

    Source: Simonyan and Zisserman 2015, configuration D. Taught in chapters/06_cnn/alexnet_and_vgg.
    """
    num_classes = check_count(num_classes, "num_classes")
    features, channels = [], 3
    for num_convs, width in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(num_convs):
            features += _conv(channels, width, 3, padding=1)
            channels = width
        features.append(nn.MaxPool2d(2))
    classifier = [nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout()]
    classifier += [nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, num_classes)]
    return _Classifier(features, (7, 7), classifier)


# GoogLeNet's nine blocks: channels of 1 x 1; of 3 x 3, reduced to and made; of 5 x 5 likewise; after pooling.
INCEPTIONS = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}


class Inception(nn.Module):
    """Four paths over one input, joined along the channels.

    Args:
        channels: of the input.
        ones, threes, fives, pooled: a row of INCEPTIONS.
        conv: function of (channels before, after, kernel_size, settings) that gives a convolution's list of layers.
        wide: kernel size of the third path.

    Source: Szegedy et al. 2015, figure 2(b). Taught in chapters/06_cnn/inception.
    """

    def __init__(self, channels, ones, threes, fives, pooled, conv=_conv, wide=5):
        super().__init__()
        self.branch1 = nn.Sequential(*conv(channels, ones, 1))
        self.branch2 = nn.Sequential(*conv(channels, threes[0], 1), *conv(*threes, 3, padding=1))
        self.branch3 = nn.Sequential(*conv(channels, fives[0], 1), *conv(*fives, wide, padding=wide // 2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), *conv(channels, pooled, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


def _normalized_conv(before, after, kernel_size, **settings):
    conv = nn.Conv2d(before, after, kernel_size, bias=False, **settings)
    return [conv, nn.BatchNorm2d(after, eps=0.001), nn.ReLU(inplace=True)]


class _GoogLeNet(nn.Module):
    def __init__(self, normalized, num_classes, auxiliary):
        super().__init__()
        conv, wide = (_normalized_conv, 3) if normalized else (_conv, 5)
        norm = [] if normalized else [nn.LocalResponseNorm(5)]
        self.stem = nn.Sequential(
            *conv(3, 64, 7, stride=2, padding=3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *norm,
            *conv(64, 64, 1),
            *conv(64, 192, 3, padding=1),
            *norm,
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        channels = 192
        for name, (ones, threes, fives, pooled) in INCEPTIONS.items():
            setattr(self, f"inception{name}", Inception(channels, ones, threes, fives, pooled, conv, wide))
            channels = ones + threes[1] + fives[1] + pooled
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.maxpool4 = nn.MaxPool2d(2 if normalized else 3, 2, ceil_mode=True)
        self.avgpool, self.dropout = nn.AdaptiveAvgPool2d(1), nn.Dropout(0.2 if normalized else 0.4)
        self.fc = nn.Linear(channels, num_classes)
        if auxiliary:
            pool = nn.AdaptiveAvgPool2d((4, 4)) if normalized else nn.AvgPool2d(5, 3)
            self.aux1, self.aux2 = (_auxiliary(width, num_classes, conv, pool) for width in (512, 528))
        self.has_auxiliary = auxiliary

    def forward(self, x):
        x = self.maxpool3(self.inception3b(self.inception3a(self.stem(x))))
        early = x = self.inception4a(x)
        late = x = self.inception4d(self.inception4c(self.inception4b(x)))
        x = self.inception5b(self.inception5a(self.maxpool4(self.inception4e(x))))
        logits = self.fc(self.dropout(self.avgpool(x).flatten(1)))
        return (logits, self.aux1(early), self.aux2(late)) if self.has_auxiliary else logits


def _auxiliary(channels, num_classes, conv, pool):
    dense = [nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, num_classes)]
    return nn.Sequential(pool, *conv(channels, 128, 1), nn.Flatten(), *dense)


def googlenet(normalized=False, num_classes=1000, auxiliary=False):
    """Return GoogLeNet for (B, 3, 224, 224) images.

    Args:
        normalized: False for the paper's network, with biases and 5 x 5 kernels (6,998,552 parameters); True for
            torchvision's, with batch normalization, no biases, and 3 x 3 where the paper has 5 x 5 (6,624,904).
        num_classes: width of the last layer.
        auxiliary: with the two side heads of training; the network then returns (logits, first head's, second head's).

    Source: Szegedy et al. 2015, table 1. Taught in chapters/06_cnn/inception.
    """
    num_classes = check_count(num_classes, "num_classes")
    return _GoogLeNet(normalized, num_classes, auxiliary)


class Bottleneck(nn.Module):
    """Three convolutions (1 x 1, 3 x 3, 1 x 1 to four times `width` channels) and a shortcut around them.

    Args:
        channels: of the input.
        width: channels between.
        stride: of the 3 x 3 convolution and the shortcut's.

    Source: He et al. 2016, figure 5; the stride stands at the 3 x 3 convolution, as in torchvision. Taught in
    chapters/06_cnn/resnet.
    """

    def __init__(self, channels, width, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != 4 * width:
            shortcut = nn.Conv2d(channels, 4 * width, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class _ResNet50(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(64), nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        channels = 64
        for stage, (width, num_blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
            blocks = [Bottleneck(channels, width, stride=1 if stage == 1 else 2)]
            channels = 4 * width
            blocks += [Bottleneck(channels, width) for _ in range(num_blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def resnet50(num_classes=1000):
    """Return ResNet-50 for (B, 3, 224, 224) images: 25,557,032 parameters.

    Source: He et al. 2016, table 1. Taught in chapters/06_cnn/resnet.
    """
    num_classes = check_count(num_classes, "num_classes")
    return _ResNet50(num_classes)


class DenseLayer(nn.Module):
    """A 1 x 1 and a 3 x 3 convolution, each after batch norm and ReLU, whose output is appended to its input.

    Args:
        channels: of the input.
        growth: channels it adds.

    Source: Huang et al. 2017, DenseNet-B. Taught in chapters/06_cnn/densenet.
    """

    def __init__(self, channels, growth=32):
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(4 * growth), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def new_maps(self, *maps):
        """Return what the layer adds to the maps that are given, in one tensor or several."""
        x = maps[0] if len(maps) == 1 else torch.cat(maps, dim=1)
        return self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))

    def forward(self, x):
        return torch.cat([x, self.new_maps(x)], dim=1)


def _without_running_means(layer):
    """Return contexts for the first pass and for the second, in which no batch norm may count the batch again."""
    return contextlib.nullcontext(), _stopped(layer)


@contextlib.contextmanager
def _stopped(layer):
    norms = [module for module in layer.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [(norm.momentum, norm.num_batches_tracked.clone()) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, before, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked.copy_(count)


class _DenseBlock(nn.Sequential):
    def __init__(self, recompute):
        super().__init__()
        self.recompute = recompute

    def forward(self, x):
        if not self.recompute:
            return super().forward(x)
        maps = [x]
        for layer in self:
            once_more = functools.partial(_without_running_means, layer)
            maps.append(checkpoint(layer.new_maps, *maps, use_reentrant=False, context_fn=once_more))
        return torch.cat(maps, dim=1)


def densenet121(num_classes=1000, recompute=False):
    """Return DenseNet-121 for (B, 3, 224, 224) images: 7,978,856 parameters.

    Args:
        num_classes: width of the last layer.
        recompute: True to keep only each layer's new maps for the backward pass, and to compute the rest once more
            there: a fifth of the memory for a third more work.

    Source: Huang et al. 2017, table 1. Taught in chapters/06_cnn/densenet.
    """
    num_classes = check_count(num_classes, "num_classes")
    features = nn.Sequential()
    features.conv0 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
    features.norm0, features.relu0 = nn.BatchNorm2d(64), nn.ReLU(inplace=True)
    features.pool0 = nn.MaxPool2d(3, 2, padding=1)
    channels = 64
    for stage, num_layers in enumerate((6, 12, 24, 16), start=1):
        block = _DenseBlock(recompute)
        for i in range(1, num_layers + 1):
            block.add_module(f"denselayer{i}", DenseLayer(channels))
            channels += 32
        features.add_module(f"denseblock{stage}", block)
        if stage < 4:
            features.add_module(f"transition{stage}", _transition(channels))
            channels //= 2
    features.norm5, features.relu5 = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    net = nn.Sequential()
    net.features, net.pool = features, nn.Sequential(*pooled)
    net.classifier = nn.Linear(channels, num_classes)
    return net


def _transition(channels):
    """Return the layers between two dense blocks: half the channels, half the rows and columns."""
    transition = nn.Sequential()
    transition.norm, transition.relu = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
    transition.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)
    transition.pool = nn.AvgPool2d(2)
    return transition
