"""The convolution explorer: a kernel slides over a picture, and every product and sum is in sight."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers

MAX_SIZE = 24  # of the picture's side
MAX_KERNEL = 5
MAX_OUTPUTS = (MAX_SIZE + 2 * 4) ** 2


class ConvolutionExplorer(Explorer):
    """Cross-correlation by hand: paint a picture and a kernel, slide the window, read every product.

    Everything shown follows from the traits alone, so a link or a Python cell brings back what was seen.

    Example:
        >>> ConvolutionExplorer(picture="coins", preset="outline", size=12, stride=2)

    Taught in chapters/06_cnn/convolution.
    """

    picture = Choice(
        "camera",
        ("camera", "coins", "coffee", "square", "own"),
        names=("cameraman", "coins", "coffee", "white square", "your own"),
        help="Crops of 24 x 24 pixels from three photographs, a drawing, or what you paint.",
    )
    size = Integer(16, min=3, max=MAX_SIZE, label="picture side", unit="px")
    channels = Choice(1, (1, 3), names=("1 (gray)", "3 (colour)"))
    preset = Choice(
        "vertical edges",
        ("vertical edges", "horizontal edges", "outline", "blur", "sharpen", "emboss", "identity", "own"),
        names=(
            "vertical edges",
            "horizontal edges",
            "outline",
            "blur",
            "sharpen",
            "emboss",
            "identity",
            "your own",
        ),
        label="kernel",
    )
    kernel_size = Integer(3, min=1, max=MAX_KERNEL, stepper=True)
    stride = Integer(1, min=1, max=4, stepper=True)
    padding = Integer(0, min=0, max=4, stepper=True)
    dilation = Integer(1, min=1, max=4, stepper=True)
    flip = Flag(
        False, label="flip the kernel: true convolution", help="Turns the kernel by 180° before it slides."
    )
    fill = Flag(
        False,
        label="fill in the output",
        help="Shows the outputs from the first to the window's, row by row; the others are striped.",
    )
    position = Integer(87, min=0, max=MAX_OUTPUTS - 1, help="The output shown, counted row by row.")
    speed = Choice(8, (2, 8, 30, 120), unit="/s", label="steps a second")
    pixels = Numbers(
        min=0, max=1, max_length=3 * MAX_SIZE**2, help="Channel by channel, row by row, if picture is 'own'."
    )
    kernel = Numbers(
        min=-99, max=99, max_length=3 * MAX_KERNEL**2, help="Channel by channel, if preset is 'own'."
    )
    output = Numbers(min=-1e6, max=1e6, max_length=MAX_OUTPUTS, output=True)
