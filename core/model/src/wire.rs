//! The encoding of a plan as bytes, which the owner sends to the client.
//!
//! A plan has exactly one encoding: shapes follow from the steps and are not written, and every
//! number has one form. The client receives a plan from the peer, so [`Plan::decode`] checks
//! everything.
#![deny(clippy::indexing_slicing)]

use tacit_compute::Convolution;

use crate::graph::{MAX_LABELS, MAX_NODES, Shape};
use crate::plan::{Ceiling, Plan, Step, StepOp};
use crate::read::{Reader, put_name, put_size};

/// The most bytes of an encoding.
pub const MAX_BYTES: usize = 64 << 10;

const HEAD: &[u8] = b"tacit plan 1\n";

const LINEAR: u8 = 0;
const MAX: u8 = 1;
const RELU: u8 = 2;
const AVERAGE: u8 = 3;
const ADD: u8 = 4;

/// A malformed plan, or one that exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plan that can be run")]
pub struct Malformed;

impl Plan {
    /// The bytes of this plan.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = HEAD.to_vec();
        put_name(&mut out, &self.model);
        put_size(&mut out, self.labels.len());
        self.labels.iter().for_each(|label| put_name(&mut out, label));
        put_shape(&mut out, self.input);
        out.extend([byte(self.fraction), byte(self.logits_width)]);
        put_size(&mut out, self.steps.len());
        for step in &self.steps {
            put_name(&mut out, &step.name);
            let flat = step.inputs.iter().any(|&input| self.shape(input) != Some(step.input));
            out.extend([tag(&step.op), flat.into()]);
            step.inputs.iter().for_each(|&input| put_size(&mut out, input));
            match step.op {
                StepOp::Linear { shape, truncate } => {
                    let Convolution { filters, kernel: [kh, kw], stride, padding, .. } = shape;
                    [filters, kh, kw, stride, padding].iter().for_each(|&n| put_size(&mut out, n));
                    out.push(byte(truncate));
                }
                StepOp::Max { size, stride, width } => {
                    [size, stride].iter().for_each(|&n| put_size(&mut out, n));
                    out.push(byte(width));
                }
                StepOp::Relu { width, ceiling } => {
                    // No width is 0.
                    out.extend([byte(width), ceiling.map_or(0, |ceiling| byte(ceiling.width))]);
                    out.extend(ceiling.iter().flat_map(|ceiling| ceiling.value.to_le_bytes()));
                }
                StepOp::Average { size, stride, multiplier, truncate } => {
                    [size, stride].iter().for_each(|&n| put_size(&mut out, n));
                    out.extend(multiplier.to_le_bytes());
                    out.push(byte(truncate));
                }
                StepOp::Add => {}
            }
        }
        out
    }

    /// Reads a plan and checks all of it.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes do not encode a plan within the limits of [`crate::plan`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_BYTES {
            return Err(Malformed);
        }
        let mut reader = Reader(bytes);
        let plan = read(&mut reader).ok_or(Malformed)?;
        if reader.is_done() && plan.is_runnable() { Ok(plan) } else { Err(Malformed) }
    }

    /// The BLAKE3 hash of the encoding.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(&self.encode()).as_bytes()
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Plan> {
    if reader.bytes(HEAD.len())? != HEAD {
        return None;
    }
    let model = reader.name()?;
    let labels = reader.size().filter(|&n| n <= MAX_LABELS)?;
    let labels = (0..labels).map(|_| reader.name()).collect::<Option<_>>()?;
    let input = Shape::new(reader.size()?, reader.size()?, reader.size()?);
    if !input.is_valid() {
        return None;
    }
    let (fraction, logits_width) = (reader.u8()?.into(), reader.u8()?.into());
    let steps = reader.size().filter(|&n| n <= MAX_NODES)?;
    let mut plan = Plan { model, labels, input, steps: Vec::new(), fraction, logits_width };
    for _ in 0..steps {
        let step = read_step(reader, &plan)?;
        plan.steps.push(step);
    }
    Some(plan)
}

fn read_step(reader: &mut Reader<'_>, plan: &Plan) -> Option<Step> {
    let name = reader.name()?;
    let (tag, flat) = (reader.u8()?, reader.u8()?);
    let mut inputs = vec![reader.size()?];
    if tag == ADD {
        inputs.push(reader.size()?);
    }
    let shapes = inputs.iter().map(|&input| plan.shape(input)).collect::<Option<Vec<_>>>()?;
    let first = *shapes.first()?;
    let input = match flat {
        0 => first,
        // Only where it changes something.
        1 if shapes.iter().any(|&shape| shape != first.flat()) => first.flat(),
        _ => return None,
    };
    let op = match tag {
        LINEAR => {
            let Shape { channels, height, width } = input;
            let (filters, kernel) = (reader.size()?, [reader.size()?, reader.size()?]);
            let (stride, padding) = (reader.size()?, reader.size()?);
            let shape = Convolution { channels, height, width, filters, kernel, stride, padding };
            StepOp::Linear { shape, truncate: reader.u8()?.into() }
        }
        MAX => StepOp::Max { size: reader.size()?, stride: reader.size()?, width: reader.u8()?.into() },
        RELU => {
            let width = reader.u8()?.into();
            let ceiling = match reader.u8()? {
                0 => None,
                width => Some(Ceiling { width: width.into(), value: reader.u32()? }),
            };
            StepOp::Relu { width, ceiling }
        }
        AVERAGE => StepOp::Average {
            size: reader.size()?,
            stride: reader.size()?,
            multiplier: reader.u32()?,
            truncate: reader.u8()?.into(),
        },
        ADD => StepOp::Add,
        _ => return None,
    };
    let output = op.output(input)?;
    Some(Step { name, inputs, input, output, op })
}

fn tag(op: &StepOp) -> u8 {
    match op {
        StepOp::Linear { .. } => LINEAR,
        StepOp::Max { .. } => MAX,
        StepOp::Relu { .. } => RELU,
        StepOp::Average { .. } => AVERAGE,
        StepOp::Add => ADD,
    }
}

fn byte(n: u32) -> u8 {
    u8::try_from(n).expect("widths, truncations and fractions are at most 32")
}

fn put_shape(out: &mut Vec<u8>, Shape { channels, height, width }: Shape) {
    [channels, height, width].iter().for_each(|&n| put_size(out, n));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::sample;
    use proptest::prelude::*;

    fn is_canonical(bytes: &[u8]) -> bool {
        Plan::decode(bytes).is_ok_and(|plan| plan.encode() == bytes)
    }

    #[test]
    fn a_plan_comes_back() {
        let plan = sample();
        assert!(plan.is_runnable());
        let bytes = plan.encode();
        assert_eq!(Plan::decode(&bytes), Ok(plan.clone()));
        assert_eq!(plan.hash(), *blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn cut_and_extended_bytes_are_refused() {
        let mut bytes = sample().encode();
        for n in 0..bytes.len() {
            assert_eq!(Plan::decode(bytes.get(..n).unwrap()), Err(Malformed), "{n}");
        }
        bytes.push(0);
        assert_eq!(Plan::decode(&bytes), Err(Malformed));
        assert_eq!(Plan::decode(&vec![0; MAX_BYTES + 1]), Err(Malformed));
    }

    /// Every byte, set to every value: refused, or another plan in its one encoding.
    #[test]
    fn every_damaged_byte() {
        let bytes = sample().encode();
        for i in 0..bytes.len() {
            for value in [0, 1, 2, 3, 4, 5, 31, 32, 33, 64, 65, 127, 128, 255] {
                let mut bytes = bytes.clone();
                *bytes.get_mut(i).unwrap() = value;
                assert!(Plan::decode(&bytes).is_err() || is_canonical(&bytes), "byte {i} = {value}");
            }
        }
    }

    proptest! {
        #[test]
        fn several_damaged_bytes(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = sample().encode();
            for (index, value) in damage {
                let i = index.index(bytes.len());
                *bytes.get_mut(i).unwrap() = value;
            }
            prop_assert!(Plan::decode(&bytes).is_err() || is_canonical(&bytes));
        }

        #[test]
        fn foreign_bytes(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Plan::decode(&[HEAD, &tail].concat()).is_err());
        }
    }
}
