"""Shapley values: what each feature adds to an answer, fairly shared.

=============== ==================================================================
module          what is in it
=============== ==================================================================
``games``       what a coalition of features is worth
``exact``       the definition, over every coalition
``sampled``     random orders, with standard errors
``kernel``      weighted least squares over coalitions
``attributing`` any of them for the rows of a table
=============== ==================================================================
"""
