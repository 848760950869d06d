"""The paper's figures, and the learning curve that it lacks: a registry, what is taken from runs, and the drawing."""
