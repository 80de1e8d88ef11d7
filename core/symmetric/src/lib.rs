//! ChaCha: the one permutation behind the generator and the hash.
