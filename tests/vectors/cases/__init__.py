"""The tables of the vectors, one module for each file."""
