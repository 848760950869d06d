"""Networks as Keras functional models, and the source networks that training starts from."""
