"""What a good colleague would say of a data set before it is trained on."""
