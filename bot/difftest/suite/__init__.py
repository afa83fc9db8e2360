"""The suite: what an operator writes (`model`), how it is read (`load`), and how it is asked (`wire`)."""
