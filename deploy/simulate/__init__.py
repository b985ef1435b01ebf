"""A living region: years of made-up but plausible work, the same for the same seed.

`plan` and what it is made of are pure; `sending` brings a plan to a running stack, through the
public interfaces alone.
"""
