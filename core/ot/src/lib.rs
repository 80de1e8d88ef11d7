//! Oblivious transfer: base, extension, adapters, and the ideal functionality.
