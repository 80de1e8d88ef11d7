//! What a model is worth: its accuracy on pictures that it has never seen, in real numbers and in whole ones.

/// The place of the largest; the first of several.
pub(crate) fn top(logits: &[f32]) -> usize {
    (0..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })
}
