"""From photographs with landmarks to what a clinic reads: the view, the scale in the photograph, tables, sentences."""
