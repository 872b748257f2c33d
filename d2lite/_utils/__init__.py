"""What several parts of the package need: random numbers, checks of arguments, files. Private; it uses none of them."""
