//! Packed bits, and later the rings Z_2^32 and Z_2^64.
