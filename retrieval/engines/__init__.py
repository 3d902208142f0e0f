"""Vectors in engines that run elsewhere, for more than one machine holds. Each needs a package of its own."""
