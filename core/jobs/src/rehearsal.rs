//! What only a rehearsal can show: one person has both inputs, so a program that is given both may
//! look at everything in between.

use serde::{Deserialize, Serialize};
use tacit_infer::lens;
use tacit_model::file;
use tacit_session::{Code, Fault};

use crate::{ModelFile, Picture};

pub use tacit_infer::lens::{Gap, LayerLens, Lens};

/// A question about a picture on its way through a model, by whoever has both.
#[derive(Serialize, Deserialize)]
pub struct Look {
    /// The model.
    pub model: ModelFile,
    /// The picture.
    pub picture: Picture,
    /// Bits behind the point between the layers; `None` for those that are chosen for the model.
    pub fraction_bits: Option<i32>,
}

impl Look {
    /// What whole numbers and encryption change, layer by layer: see [`tacit_infer::lens`].
    ///
    /// # Errors
    /// [`Code::ModelUnreadable`] when it is no model; [`Code::ModelRefused`], with the layer's
    /// name, when it cannot be run so; [`Code::PictureRefused`] when the picture has another shape
    /// than the model takes.
    pub fn look(&self, seed: [u8; 32]) -> Result<Lens, Fault> {
        let model = file::read(&self.model.0).map_err(|error| Fault::new(Code::ModelUnreadable, error.to_string()))?;
        let input = model.input;
        if self.picture.shape() != [input.channels, input.height, input.width] {
            return Err(Code::PictureRefused.into());
        }
        lens::lens(&model, self.picture.pixels(), self.fraction_bits, seed)
            .map_err(|refusal| Fault::new(Code::ModelRefused, refusal.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fraction_bits: Option<i32>) -> Look {
        let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../static/models/digits.tacit")).unwrap();
        let pixels = (0..784).map(|i| if (10..14).contains(&(i % 28)) { 255 } else { 0 }).collect();
        Look { model: ModelFile(model), picture: Picture::new([1, 28, 28], pixels).unwrap(), fraction_bits }
    }

    #[test]
    fn the_three_agree_and_too_few_bits_are_seen() {
        let lens = look(None).look([1; 32]).unwrap();
        assert_eq!((lens.float, lens.fixed), (lens.fixed, lens.secure));
        assert!(lens.layers.iter().all(|layer| layer.off <= 1 && layer.seen <= layer.proven));
        let coarse = (2..8).find_map(|bits| look(Some(bits)).look([1; 32]).ok()).unwrap();
        let worst = |lens: &Lens| lens.layers.iter().map(|layer| layer.rounding.largest).fold(0.0, f64::max);
        assert!(worst(&coarse) > 4.0 * worst(&lens));
        let too_many = look(Some(30)).look([1; 32]).err().map(|fault| fault.code);
        assert_eq!(too_many, Some(Code::ModelRefused));
    }

    #[test]
    fn what_is_no_model_or_fits_none_is_said() {
        let no_model = Look { model: ModelFile(vec![1, 2, 3]), ..look(None) };
        assert_eq!(no_model.look([1; 32]).err().map(|fault| fault.code), Some(Code::ModelUnreadable));
        let small = Look { picture: Picture::new([1, 2, 2], vec![0; 4]).unwrap(), ..look(None) };
        assert_eq!(small.look([1; 32]).err().map(|fault| fault.code), Some(Code::PictureRefused));
    }
}
