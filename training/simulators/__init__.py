"""Made-up advertising traffic whose truth is known, so that a model can be held against the best one possible."""
