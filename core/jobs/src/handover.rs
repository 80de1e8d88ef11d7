//! What a page and its worker hand each other, as bytes.
//!
//! Amounts, pictures and models go this way, so everybody wipes the bytes when they are read. The
//! form is Postcard's: short, and read by little code, which counts on a page that is loaded to
//! draw. Both ends are of one build, so it has no version.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tacit_session::Malformed;
use zeroize::Zeroizing;

/// `what` as bytes. Room for them is made beforehand, so that no copy stays behind that nobody
/// wipes.
///
/// # Panics
/// Never, for what derives its form: only a sequence of unknown length has no bytes.
#[must_use]
pub fn pack(what: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let packed = postcard::serialize_with_flavor(what, postcard::ser_flavors::Size::default()).and_then(|size| {
        let mut bytes = Zeroizing::new(vec![0; size]);
        postcard::to_slice(what, &mut bytes)?;
        Ok(bytes)
    });
    packed.expect("everything here has a length")
}

/// What [`pack`] made bytes of.
///
/// # Errors
/// [`Malformed`] when these are not such bytes, or too many. It does not say which: they might be
/// an amount's.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    match postcard::take_from_bytes(bytes) {
        Ok((what, [])) => Ok(what),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tacit_session::{Code, Fault};

    use super::*;
    use crate::{Amount, Command, Event, Input, Job, ModelFile, Picture, Reveal, Stamped};

    fn handed(command: &Command) -> Command {
        unpack(&pack(command)).expect("it was packed")
    }

    #[test]
    fn inputs_come_as_they_were_given() {
        let amount = Amount::from_minor_units(125_000).unwrap();
        let Command::Input { input: Input::Amount(came) } = handed(&Command::Input { input: Input::Amount(amount) })
        else {
            panic!("an amount")
        };
        assert_eq!(came.minor_units(), 125_000);

        let picture = Picture::new([1, 2, 3], vec![0, 1, 2, 253, 254, 255]).unwrap();
        let bytes = pack(&picture);
        assert_eq!(bytes[..], [1, 2, 3, 6, 0, 1, 2, 253, 254, 255]);
        let again: Picture = unpack(&bytes).unwrap();
        assert_eq!((again.shape(), again.pixels()), ([1, 2, 3], picture.pixels()));

        let model = Command::Model { model: ModelFile(vec![7; 300]), reveal: Reveal::default() };
        assert!(matches!(handed(&model), Command::Model { model, .. } if model.0 == [7; 300]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        // Another number of pixels than the shape says, and too few bytes, and too many.
        assert!(unpack::<Picture>(&[1, 1, 2, 3, 0, 1, 2]).is_err());
        assert!(unpack::<Picture>(&[1, 1, 2, 2, 0]).is_err());
        assert!(unpack::<Picture>(&[1, 1, 2, 2, 0, 1, 9]).is_err());
        assert!(unpack::<Command>(&[200]).is_err());
        // More than the largest amount.
        assert!(unpack::<Amount>(&pack(&u64::MAX)).is_err());
    }

    proptest! {
        #[test]
        fn events_come_back(at: f64, done: u64, total: u64, rounds: u64, detail: Option<String>) {
            let fault = Fault { code: Code::PeerBroke, detail };
            for event in [
                Event::Progress { stage: tacit_session::Stage::Infer, done, total, rounds },
                Event::Ended { fault },
                Event::Offered { job: Job::Classify { owner: tacit_session::Party::Bob } },
            ] {
                let stamped = Stamped { at, event };
                let again: Stamped = unpack(&pack(&stamped)).unwrap();
                prop_assert_eq!(again.event, stamped.event);
                prop_assert_eq!(again.at.to_bits(), stamped.at.to_bits());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            drop(unpack::<Command>(&bytes));
            drop(unpack::<Stamped>(&bytes));
            drop(unpack::<tacit_record::Slice>(&bytes));
        }
    }
}
