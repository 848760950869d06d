"""What a run is, without TensorFlow: its folder, its files, its identity, and how runs are found and told apart."""
