//! Boolean shares: triples, AND, the carry tree, comparison.
