"""What the lines of the program do, and what each mistake does, in words."""

ROLES = {
    "prepare": (
        "It fixes the random numbers. That is right: the run can be repeated.",
        "It takes mean and spread from the training photos alone, as it should.",
        "It gives all photos, old and new, one way of scaling.",
        "It turns bytes from 0 to 255 into numbers around 0, once.",
        "It scales the training photos. The targets stay whole numbers from 0 to 9, as cross-entropy wants "
        "them.",
        "A `ModuleList` tells the network about each layer in it, so that the optimizer finds their weights.",
        "What follows changes a weight and is no part of the calculation to be differentiated.",
        "It makes the first scores small. Under `no_grad` that is allowed.",
        "Weights decay, biases do not. The rate is 0.3 for both.",
    ),
    "loop": (
        "It switches dropout on for the training steps of this pass.",
        "It draws a new order for each pass, the same for photos and labels.",
        "It cuts 2,000 rows into 31 batches of 64, and a last one of 16.",
        "It gives scores, not probabilities, to `cross_entropy`, which takes the mean over the batch.",
        "It clears the gradients of the last batch before new ones are added.",
        "It adds this batch's gradients to each weight's `.grad`.",
        "It moves each weight by its gradient times the rate.",
        "It adds up plain numbers, each batch by its size. The printed loss is this sum over 2,000.",
        "It lowers the rate by a tenth, once a pass.",
    ),
    "measure": (
        "A function, so that all photos are measured in one way.",
        "It switches dropout off: in use, all units work.",
        "Nothing here is to be differentiated, so nothing is kept for that.",
        "It scales the photos as in training and asks for ten scores each: 450 rows, 10 columns.",
        "It takes the best of each row's ten scores: 450 answers beside 450 labels.",
        "It takes the mean over all photos at once, as a plain number.",
        "It asks the validation photos, which are there to choose with.",
        "It looks for the pass with the best validation accuracy.",
        "It keeps a copy, which later steps cannot change.",
        "It asks the test photos once, at the end.",
    ),
}
# Mistake -> (its name in the list, what it does).
REASONS = {
    "column_against_row": (
        "a column against a row",
        "With `keepdim` the answers are a column of shape (450, 1). Compared with a row of 450 labels, they "
        "make a table of 450 × 450: every answer against every label.",
    ),
    "no_zero_grad": (
        "zero_grad forgotten",
        "`backward` adds to what is there. Without `zero_grad` each step follows the sum of all gradients "
        "since the first, old ones as much as new.",
    ),
    "list_of_layers": (
        "a plain list of layers",
        "The network does not know the layers of a plain list. The optimizer moves the last layer alone, and "
        "`eval` does not reach the dropout in the list.",
    ),
    "no_eval": (
        "eval() forgotten",
        "Without `eval` dropout goes on while the network is measured: three units in ten are missing.",
    ),
    "rate_falls_each_batch": (
        "the rate lowered after each batch",
        "Indented once more, the line lowers the rate 32 times a pass. After one pass 3% of it is left.",
    ),
    "whole_division": (
        "whole-number division",
        "`//` throws the remainder away: each byte below 255 becomes 0, and the photos are nearly black.",
    ),
    "chosen_on_test": (
        "chosen on the test set",
        "The best of twelve passes is picked by the test photos, and the same photos then say how good it is.",
    ),
    "labels_shuffled": (
        "photos and labels shuffled apart",
        "Two calls draw two orders. Each photo gets the label of another.",
    ),
    "softmax_twice": (
        "softmax before cross-entropy",
        "`cross_entropy` takes the softmax itself. Its inputs now lie between 0 and 1, so that even a perfect"
        " answer gets a probability of 0.23.",
    ),
    "wrong_axis": (
        "argmax over the wrong axis",
        "It looks for the best photo of each class: 10 answers, which cannot be compared with 450 labels.",
    ),
    "decay_on_all": (
        "weight decay on everything",
        "Biases decay, too. In this network nothing is seen of it. Habit says weights only.",
    ),
    "zero_grad_too_late": (
        "zero_grad after backward",
        "The gradients are cleared before the step can use them. No weight ever moves.",
    ),
    "unequal_batches": (
        "a mean of unequal batches",
        "Seven batches have 64 photos and the last has two. Those two count as much as any 64.",
    ),
    "scaled_twice": (
        "scaled twice",
        "Divided by 255 once more, all photos are the same dark gray to three digits.",
    ),
    "kept_by_name": (
        "the best network kept by name",
        "No copy is made. `kept` is a second name of the network that goes on training, so the last pass is "
        "kept.",
    ),
    "lucky_seed": (
        "the luckiest of ten seeds",
        "Ten runs differ by chance, and the best of them is shown as if it were the only one.",
    ),
    "loss_summed": (
        "the loss summed over the batch",
        'With `reduction="sum"` the gradient is 64 times as long, as if the rate were 19.',
    ),
    "scaled_with_test": (
        "scaled with the test photos",
        "Mean and spread have seen the photos that are to be new. With two numbers from thousands of pixels, "
        "nothing is seen of it here.",
    ),
    "loss_kept_whole": (
        "the loss kept with its graph",
        "Without `item` the sum holds on to each batch's whole calculation. The numbers are the same; the "
        "memory grows with each step.",
    ),
    "in_place_on_a_leaf": (
        "in place on a leaf",
        "A weight that is to be learned may not be changed in place inside the calculation. PyTorch stops at "
        "once.",
    ),
}
