//! How fast the scheme is here, with n of 2048 bits.
//!
//! | `bench` | `variant` | `unit` |
//! |---|---|---|
//! | `paillier` | `key`: the mean of several, for luck differs | ms |
//! | `paillier` | `encrypt`, `add`, `decrypt` | ms |
//! | `paillier` | `multiply`: by a number as wide as n; `multiply by 64 bits` | ms |
//! | `paillier` | `ciphertext` | bytes |
//! | `paillier linear` | `respond`: 16 features of 32 bits | ms |

use std::hint::black_box;

use tacit_measure::{Row, per_second};
use tacit_symmetric::Prg;

use crate::linear::{self, Format, Model};
use crate::{BITS, Error, Number, SecretKey};

/// Keys that are made.
const KEYS: u32 = 8;

/// Features of the model.
const FEATURES: usize = 16;

/// Measures everything. `clock` gives milliseconds; `emit` gets each row as soon as it is known.
///
/// # Errors
/// None that numbers in range meet.
pub fn all(clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) -> Result<(), Error> {
    let mut row = |bench, variant: &str, value, unit| emit(&Row { bench, variant: variant.into(), value, unit });
    let mut rng = Prg::from_seed([1; 32]);
    let start = clock();
    for _ in 1..KEYS {
        black_box(SecretKey::generate(BITS, &mut rng)?);
    }
    let key = SecretKey::generate(BITS, &mut rng)?;
    row("paillier", "key", (clock() - start) / f64::from(KEYS), "ms");

    let public = key.public();
    let number = Number::from(1_234_567_890_u64);
    let c = public.encrypt(&number, &mut rng)?;
    let wide = public.signed(-1_234_567_890)?;
    row("paillier", "encrypt", ms(clock, || public.encrypt(black_box(&number), &mut rng)), "ms");
    row("paillier", "add", ms(clock, || public.add(black_box(&c), &c)), "ms");
    row("paillier", "multiply", ms(clock, || public.multiply_plain(black_box(&c), &wide)), "ms");
    row("paillier", "multiply by 64 bits", ms(clock, || public.multiply_plain(black_box(&c), &number)), "ms");
    row("paillier", "decrypt", ms(clock, || key.decrypt(black_box(&c))), "ms");
    row("paillier", "ciphertext", c.to_bytes(public).len() as f64, "bytes");

    let format = Format { fraction: 16, bits: 32 };
    let request = linear::request(public, format, &[1.5; FEATURES], &mut rng)?;
    let model = Model::new(format, &[-2.5; FEATURES], 1.0)?;
    let respond = ms(clock, || linear::respond(public, black_box(&model), &request, &mut rng));
    row("paillier linear", "respond", respond, "ms");
    Ok(())
}

/// Milliseconds that `work` takes.
fn ms<T>(clock: &dyn Fn() -> f64, mut work: impl FnMut() -> T) -> f64 {
    1e3 / per_second(clock, || {
        black_box(work());
    })
}
