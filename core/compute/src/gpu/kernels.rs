//! The kernels, out of their sources.

use wgpu::{ComputePipeline, Device, ShaderModuleDescriptor, ShaderSource};

const WORDS: &str = include_str!("wgsl/words.wgsl");
const MODULUS: &str = include_str!("wgsl/modulus.wgsl");
const TRANSFORM: &str = include_str!("wgsl/transform.wgsl");
const PRODUCTS: &str = include_str!("wgsl/products.wgsl");
const WORD_32: &str = include_str!("wgsl/word32.wgsl");
const WORD_64: &str = include_str!("wgsl/word64.wgsl");
const MATRIX: &str = include_str!("wgsl/matrix.wgsl");
const PATCHES: &str = include_str!("wgsl/patches.wgsl");
const MATMUL: &str = include_str!("wgsl/matmul.wgsl");

/// Every module, by name, as the pieces that it is made of: WGSL has no imports.
pub(super) const MODULES: [(&str, &[&str]); 6] = [
    ("transform", &[WORDS, MODULUS, TRANSFORM]),
    ("products", &[WORDS, MODULUS, PRODUCTS]),
    ("matmul", &[WORD_32, MATRIX, MATMUL]),
    ("convolve", &[WORD_32, PATCHES, MATMUL]),
    ("matmul 64", &[WORDS, WORD_64, MATRIX, MATMUL]),
    ("convolve 64", &[WORDS, WORD_64, PATCHES, MATMUL]),
];

pub(super) struct Kernels {
    pub(super) forward: ComputePipeline,
    pub(super) inverse: ComputePipeline,
    pub(super) forward_widest: ComputePipeline,
    pub(super) inverse_widest: ComputePipeline,
    pub(super) sum_of_products: ComputePipeline,
    pub(super) matmul: ComputePipeline,
    pub(super) convolve: ComputePipeline,
    pub(super) matmul_64: ComputePipeline,
    pub(super) convolve_64: ComputePipeline,
}

impl Kernels {
    pub(super) fn new(device: &Device) -> Self {
        let modules = MODULES.map(|(name, pieces)| {
            let source = ShaderSource::Wgsl(pieces.join("\n").into());
            device.create_shader_module(ShaderModuleDescriptor { label: Some(name), source })
        });
        let [transform, products, matmul, convolve, matmul_64, convolve_64] = &modules;
        let pipeline = |module, entry| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: None,
                module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        Self {
            forward: pipeline(transform, "forward"),
            inverse: pipeline(transform, "inverse"),
            forward_widest: pipeline(transform, "forward_widest"),
            inverse_widest: pipeline(transform, "inverse_widest"),
            sum_of_products: pipeline(products, "sum_of_products"),
            matmul: pipeline(matmul, "matmul"),
            convolve: pipeline(convolve, "matmul"),
            matmul_64: pipeline(matmul_64, "matmul"),
            convolve_64: pipeline(convolve_64, "matmul"),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_valid_wgsl() {
        for (name, pieces) in MODULES {
            let source = pieces.join("\n");
            let module = naga::front::wgsl::parse_str(&source)
                .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&source)));
            let mut validator =
                naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
            validator.validate(&module).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&source)));
        }
    }
}
