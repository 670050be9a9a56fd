"""Measuring answers on data sets."""
