"""Training: the Keras model with its custom step, and the loop around it."""
